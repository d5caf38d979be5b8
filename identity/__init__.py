"""Who is who beyond exact identifiers: pairs of records scored by a trained model, and what is made of them."""
