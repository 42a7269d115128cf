"""The bundled records and notebooks: how they are made, and that they are what this desk makes."""
