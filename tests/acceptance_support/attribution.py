"""The nine attribution models; read from no seed, so that a lost one is missed."""

ADDITIVE = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "position_based",
    "time_decay",
    "markov",
    "shapley",
)
MODELS = (*ADDITIVE, "any_click")
