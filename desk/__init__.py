"""Purple Desk: a trading desk of LLM agents that can only act through one narrow door."""

__version__ = "0.1.0"
