"""Word lists of the invented shop: places with their tax, streets, products, user agents.

All invented or generic. Mail domains are those that the internet reserves for examples, phone numbers use the 555
exchange, addresses are streets that every town has: nobody real can be reached.
"""

# ruff: noqa: SIM905 - a hundred quoted words read worse than one text that is split
from __future__ import annotations

STREETS = (
    "Oak Street,Maple Avenue,Cedar Lane,Elm Street,Park Avenue,Lake Drive,Hill Road,River Road,Church Street,"
    "Main Street,Pine Street,Spring Street,Sunset Drive,Meadow Lane,Mill Road,Garden Street,Orchard Road,Bay Street,"
    "Washington Street,Lincoln Avenue,Jefferson Avenue,Madison Street,Jackson Street,Franklin Street,Adams Street,"
    "Birch Lane,Walnut Street,Chestnut Street,Willow Drive,Dogwood Court,Magnolia Boulevard,Juniper Place,Laurel Road,"
    "First Street,Second Street,Third Avenue,Fourth Street,Fifth Avenue,Sixth Street,Seventh Avenue,Eighth Street,"
    "Highland Avenue,Valley Road,Ridge Road,Forest Drive,Brook Lane,Spruce Street,Hickory Lane,Sycamore Drive,"
    "College Avenue,School Street,Court Street,Market Street,Water Street,Front Street,Union Street,Railroad Avenue,"
    "Prospect Street,Summit Avenue,Grove Street,Pleasant Street,Central Avenue,Liberty Street,Canal Street,"
    "Fairview Avenue,Woodland Drive,Cherry Street,Cottage Place,Harbor Boulevard,Beacon Street,Colonial Drive,"
    "Heritage Court,Stonebridge Lane,Creekside Drive,Lakeview Place,Hillcrest Avenue,Rosewood Court,Fox Run Road,"
    "Deerfield Lane,Windsor Place,Kensington Road,Essex Street,Santa Rosa Avenue,El Camino Road,Mission Boulevard"
).split(",")
MAIL_DOMAINS = (
    "example.com",
    "example.org",
    "example.net",
    "mail.example.com",
    "post.example.org",
    "inbox.example.net",
)
MAIL_SEPARATORS = (".", "", "_", "-")
AREA_CODES = (
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234,
    239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309,
    310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 334, 336, 337, 347, 352, 360, 361, 401, 402,
    404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 425, 432, 434, 435, 440, 443, 478, 479, 480,
)  # fmt: skip
JUNK_EMAILS = ("test@test.com", "none@none.com", "noemail@example.com", "na@na.com", "asdf@asdf.com")
JUNK_PHONES = ("0000000000", "1111111111", "9999999999", "1234567890")
# the shop's own, which its cashiers type where a customer has none
TILL_EMAIL, TILL_PHONE = "counter@shop.example.com", "+19175550142"
MARKETPLACE_DOMAIN = "marketplace.example.com"

# city, state, first three digits of the postcode, sales tax in millionths, hours from UTC in summer
CITIES = (
    ("New York", "NY", "100", 88_750, -4), ("Buffalo", "NY", "142", 87_500, -4), ("Albany", "NY", "122", 80_000, -4),
    ("Boston", "MA", "021", 62_500, -4), ("Worcester", "MA", "016", 62_500, -4), ("Newark", "NJ", "071", 66_250, -4),
    ("Philadelphia", "PA", "191", 80_000, -4), ("Pittsburgh", "PA", "152", 70_000, -4),
    ("Atlanta", "GA", "303", 89_000, -4), ("Miami", "FL", "331", 70_000, -4), ("Tampa", "FL", "336", 75_000, -4),
    ("Orlando", "FL", "328", 65_000, -4), ("Columbus", "OH", "432", 75_000, -4), ("Detroit", "MI", "482", 60_000, -4),
    ("Chicago", "IL", "606", 102_500, -5), ("Springfield", "IL", "627", 97_500, -5),
    ("Austin", "TX", "787", 82_500, -5), ("Dallas", "TX", "752", 82_500, -5), ("Houston", "TX", "770", 82_500, -5),
    ("Denver", "CO", "802", 88_100, -6), ("Boulder", "CO", "803", 90_450, -6), ("Phoenix", "AZ", "850", 86_000, -7),
    ("Seattle", "WA", "981", 102_500, -7), ("Spokane", "WA", "992", 90_000, -7), ("Portland", "OR", "972", 0, -7),
    ("Eugene", "OR", "974", 0, -7), ("Los Angeles", "CA", "900", 95_000, -7),
    ("San Diego", "CA", "921", 77_500, -7), ("San Francisco", "CA", "941", 86_250, -7),
    ("Sacramento", "CA", "958", 87_500, -7),
)  # fmt: skip

FABRICS = ("Linen", "Cotton", "Wool", "Denim", "Canvas", "Hemp", "Silk", "Fleece")
# kind of product, product type, price in cents, sizes
GARMENTS = (
    ("Shirt", "Tops", 5_900, "S M L XL"), ("Tee", "Tops", 2_900, "S M L XL"), ("Sweater", "Tops", 8_900, "S M L"),
    ("Jacket", "Outerwear", 14_900, "S M L XL"), ("Trousers", "Bottoms", 7_900, "S M L XL"),
    ("Skirt", "Bottoms", 6_400, "S M L"), ("Dress", "Dresses", 9_900, "S M L"), ("Scarf", "Accessories", 3_450, "OS"),
    ("Tote", "Accessories", 2_495, "OS"), ("Apron", "Home", 3_900, "OS"), ("Throw", "Home", 7_450, "OS"),
)  # fmt: skip
COLOURS = ("Indigo", "Rust", "Moss", "Chalk", "Slate")

# device type, user agent
AGENTS = (
    ("mobile", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1"),
    ("mobile", "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/136.0 Mobile Safari/537.36"),
    ("mobile", "Mozilla/5.0 (Linux; Android 14; SM-S921U) AppleWebKit/537.36 Chrome/135.0 Mobile Safari/537.36"),
    ("desktop", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/136.0 Safari/537.36"),
    ("desktop", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15"),
    ("desktop", "Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0"),
    ("tablet", "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1"),
    ("desktop", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    ("desktop", "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
    ("desktop", "HeadlessChrome/135.0 monitoring-probe"),
    ("ios", "SelvageDemo/4.2.0 (iPhone; iOS 18.5)"),
    ("android", "SelvageDemo/4.2.0 (Pixel 9; Android 15)"),
)
FIRST_BOT = 7
FIRST_APP = 10
SHOP = "https://shop.example.com"
COLLECTIONS = ("/", "/collections/new", "/collections/tops", "/collections/home", "/collections/sale", "/pages/about")
SEARCHES = ("linen", "dress", "gift", "wool sweater", "blue shirt", "tote", "sale", "jacket")
