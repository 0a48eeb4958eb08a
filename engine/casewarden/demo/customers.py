"""The customers of the three desks: invented names, plans and contracts of many kinds, German and English."""

from typing import Final

from casewarden.demo.cast import Customer, people
from casewarden.demo.moments import hours

_BERLIN: Final = hours("Europe/Berlin", 8, 18)
_LONDON: Final = hours("Europe/London", 8, 18)
_ZURICH: Final = hours("Europe/Zurich", 7, 18)
_PACIFIC: Final = hours("America/Los_Angeles", 7, 18)
_EASTERN: Final = hours("America/New_York", 8, 18)

STARTER: Final = (
    Customer(
        "tannhain",
        "Tannhain Versand",
        "premium",
        people("tannhain", "de", ["ilka.brandes", "joost.petry"]),
        _BERLIN,
        weight=2.0,
        channels=("email", "phone"),
    ),
    Customer(
        "bramblewick",
        "Bramblewick Teas",
        "standard",
        people("bramblewick", "en", ["edie.marlow", "tom.ashgrove"]),
        _LONDON,
        weight=1.4,
        patience=3.5,
        silence=0.2,
    ),
    Customer(
        "glimmerbach",
        "Glimmerbach Strom",
        "premium",
        people("glimmerbach", "de", ["wiebke.lorenz"]),
        _BERLIN,
        weight=1.5,
        channels=("phone", "email"),
    ),
    Customer(
        "pellworth",
        "Pellworth Museum",
        "standard",
        people("pellworth", "en", ["harriet.dunn"]),
        _LONDON,
        patience=6.0,
        silence=0.3,
    ),
    Customer(
        "ostermoor",
        "Ostermoor Druck",
        "standard",
        people("ostermoor", "de", ["kalle.voigtland", "meta.siebert"]),
        _BERLIN,
        weight=1.3,
    ),
    Customer(
        "larkspur",
        "Larkspur Ferries",
        "premium",
        people("larkspur", "en", ["owen.teal", "priya.lamb"]),
        _LONDON,
        weight=1.4,
        channels=("email", "chat"),
    ),
    Customer(
        "fuchsgrund",
        "Fuchsgrund Apotheken",
        "standard",
        people("fuchsgrund", "de", ["anneke.stoll"]),
        _BERLIN,
        patience=4.0,
        silence=0.25,
    ),
    Customer(
        "nettlecombe",
        "Nettlecombe Rail",
        "standard",
        people("nettlecombe", "en", ["sam.quarry"]),
        _LONDON,
        channels=("email", "chat"),
    ),
)

ZITADEL: Final = (
    Customer(
        "murtenfels",
        "Murtenfels Logistik",
        "extended_sla",
        people("murtenfels", "de-CH", ["reto.amsler", "vreni.kuster"]),
        _ZURICH,
        weight=1.6,
    ),
    Customer(
        "quarzhof",
        "Quarzhof Kliniken",
        "custom",
        people("quarzhof", "de-CH", ["livia.zumstein", "urs.halter"]),
        _ZURICH,
        weight=1.8,
        patience=1.0,
        channels=("phone", "email", "chat"),
        terms={
            "contract.channels": ["email", "chat", "phone"],
            "contract.targets": {"initial_response": {"1": "15 elapsed minutes"}},
            "contract.chat": True,
            "contract.tam": True,
        },
        allowed={"tam_time": "4 hours"},
    ),
    Customer(
        "tarnmere",
        "Tarnmere Energy",
        "extended_sla",
        people("tarnmere", "en", ["gwen.hollis", "~ivo.patch"]),
        _LONDON,
        weight=1.3,
        terms={"contract.calendar": "extended"},
    ),
    Customer(
        "wolkenrain",
        "Wolkenrain Textil",
        "default",
        people("wolkenrain", "de", ["jette.mohnhaupt"]),
        _BERLIN,
        patience=4.0,
        silence=0.2,
    ),
    Customer(
        "edelgrat",
        "Edelgrat Bergbahnen",
        "custom",
        people("edelgrat", "gsw", ["sepp.inderbitz"]),
        _ZURICH,
        weight=1.3,
        patience=1.0,
        channels=("email", "phone"),
        terms={"contract.channels": ["email", "phone"], "contract.tam": True},
        allowed={"tam_time": "90 minutes"},
    ),
    Customer(
        "kestrel",
        "Kestrel Hollow Games",
        "default",
        people("kestrelhollow", "en", ["dot.fenwick"]),
        _LONDON,
        channels=("email", "chat"),
    ),
    Customer(
        "doublure",
        "Doublure Optique",
        "self_hosted",
        people("doublure", "fr", ["elodie.marchais"]),
        _ZURICH,
        services=(),  # it runs everything itself
        terms={
            "contract.channels": ["email"],
            "contract.targets": {
                "initial_response": {
                    "1": "30 business minutes",
                    "2": "2 business hours",
                    "3": "12 business hours",
                    "4": "24 business hours",
                }
            },
        },
    ),
    Customer(
        "moosegg",
        "Verein Moosegg",
        "community",
        people("moosegg", "de-CH", ["beat.rohrer"]),
        _ZURICH,
        weight=0.4,
        contracted=False,
    ),
)

NEWCOMER: Final = Customer(
    "sellwyn",
    "Sellwyn Post",
    "custom",
    people("sellwyn", "en", ["maud.carrow"]),
    _LONDON,
    weight=1.2,
    channels=("chat", "email"),
    terms={"contract.channels": ["email", "chat"], "contract.chat": True},
)
"""Subscribes to the plan of the second desk soon after the beginning."""

WORKATO: Final = (
    Customer(
        "copperline",
        "Copperline Foods",
        "professional",
        people("copperline", "en", ["ray.delacourt", "june.oakes"]),
        _PACIFIC,
        weight=1.8,
        services=(),
        contracted=False,
        channels=("email", "phone", "chat"),
    ),
    Customer(
        "maplequay",
        "Maple Quay Books",
        "premium",
        people("maplequay", "en", ["nora.finchley"]),
        _EASTERN,
        weight=1.4,
        patience=3.0,
        services=(),
        contracted=False,
        channels=("email", "chat"),
    ),
    Customer(
        "saltgrass",
        "Saltgrass Outfitters",
        "professional",
        people("saltgrass", "en", ["cole.barrow", "tess.munro"]),
        _PACIFIC,
        weight=1.5,
        services=(),
        contracted=False,
        channels=("email", "phone"),
    ),
    Customer(
        "ospreybend",
        "Osprey Bend Credit",
        "premium",
        people("ospreybend", "en", ["lyle.ambrose"]),
        _EASTERN,
        weight=1.2,
        silence=0.2,
        services=(),
        contracted=False,
        channels=("email", "phone"),
    ),
    Customer(
        "juniperflat",
        "Juniper Flat Tours",
        "free",
        people("juniperflat", "en", ["abby.thorne"]),
        _PACIFIC,
        patience=5.0,
        silence=0.35,
        services=(),
        contracted=False,
        channels=("email", "forum", "phone"),
    ),
)
