"""All steps, and the calls that a run begins with."""

import steps_delivery  # noqa: F401: the steps of a file are known when it is read
import steps_orders  # noqa: F401
import steps_payouts  # noqa: F401
from campaigns import CLOSES
from step import STEPS, WEIGHTS  # noqa: F401
from steps_goods import add_community, list_item, open_wave, register_member, set_limit_of, share_out_of


def start(draw):
    """The calls that a run begins with: people, points, goods, a wave with two campaigns."""
    model = draw.model
    for _ in range(14):
        yield register_member(draw)
    for _ in range(3):
        yield add_community(draw)
    for community in model.communities[:2]:
        yield "appoint_steward", {"community": community, "member": model.members[draw.number(3, 9)]}
    for place, capacity in (((121.5, 25.0), None), ((121.51, 25.0), 12), ((121.5, 25.012), 5), ((121.7, 25.2), None)):
        yield "add_pickup_point", {"community": draw.one(model.communities), "reference": draw.key("point"), "location": place,
                                   "radius": 3000, "capacity": capacity}
    for n in range(6):
        yield "add_sku", {"supplier": model.members[n % 4], "reference": draw.key("sku")}
    for leader in model.members[:3]:
        yield "set_rate", {"supply_leader": leader, "rule": draw.rule(), "sku": None}
        for sku in model.skus:
            yield "offer_sku", {"sku": sku, "supply_leader": leader, "supply_price": draw.number(0, 3000)}
        for seller in model.members[4:8]:
            yield "form_partnership", {"supply_leader": leader, "sales_leader": seller}
        yield "set_tier", {"supply_leader": leader, "sales_leader": model.members[5], "tier": "gold"}
        yield "set_rate", {"supply_leader": leader, "rule": draw.rule(), "tier": "gold"}
    yield open_wave(draw)
    for leader in model.members[:2]:
        yield "create_campaign", {"wave": model.waves[0], "supply_leader": leader, "reference": draw.key("campaign"), "closes_at": CLOSES,
                                  "hold": "0"}
        for _ in range(4):
            listed = list_item(draw)
            if listed:
                yield listed
        yield set_limit_of(draw, model.campaigns[-1])
        yield share_out_of(draw, model.campaigns[-1])
        yield "join_campaign", {"campaign": model.campaigns[-1], "sales_leader": model.members[5]}
        yield "publish_campaign", {"campaign": model.campaigns[-1]}
