"""What operators may ask of the keeper, one file an act: who may, what is recorded, what is done."""
