"""The one path to money: door, tickets, guard, settlement, protection, recovery."""
