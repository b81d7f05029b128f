"""The one query layer's floor: saved views; reads over several rooms come here."""
