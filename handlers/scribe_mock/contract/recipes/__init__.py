"""The shortest requests to every answer of the contract, and what a run reached of them."""
