select distinct attribution_model
from fct_attribution
order by attribution_model asc
