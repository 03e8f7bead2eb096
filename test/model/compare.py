"""The whole state, market against model: a section per table, rows as sorted texts."""

from answer import Differs, plain
from sellers import chain_text

SECTIONS = {}


def section(query):
    """The model's rows for a query, things standing for their ids."""

    def keep(rows):
        SECTIONS[rows.__name__] = (query, rows)
        return rows

    return keep


def basket_text(basket):
    lines = sorted((item.id, units, amount) for item, (units, amount) in basket.items())
    return "{" + ",".join(f"{item}:{units}@{amount}" for item, units, amount in lines) + "}"


def shares_text(shares):
    return "{" + ",".join(f"{account}:{amount}" for account, amount in sorted((a.id, amount) for a, amount in shares.items())) + "}"


def learn_accounts(model, server):
    """Accounts have no call that tells their ids: they are numbered as they were opened."""
    code, rows = server.ask("SELECT id, member_id, kind FROM accounts ORDER BY id")
    opened = [(account.member, account.kind, account) for account in model.accounts.values()]
    if [row[1:] for row in rows] != [[plain(member and member.id), kind] for member, kind, _ in opened]:
        raise Differs(f"accounts: expected {[[plain(member and member.id), kind] for member, kind, _ in opened]}\ngot      {rows}")
    for row, (_, _, account) in zip(rows, opened):
        account.id = int(row[0])


def learn_changes(model, server):
    """Nor has a change of an order."""
    _, rows = server.ask("SELECT campaign_id, order_id, id FROM order_changes ORDER BY id")
    for order in model.orders:
        told = [number for campaign, of, number in rows if (campaign, of) == (str(order.campaign.id), str(order.id))]
        for change, number in zip(order.changes, told):
            change.id = number


def learn_lines(model, server):
    """Keys of transfers have no call that tells them together with their payees."""
    code, rows = server.ask("SELECT payout_id, member_id, key FROM payout_lines")
    keys = {(int(payout), int(member)): key for payout, member, key in rows}
    for line in model.lines:
        line.id = keys.get((line.payout.id, line.member.id))


@section("SELECT account_id, balance, available FROM balances")
def balances(model):
    return [(account, account.balance, account.balance - account.held) for account in model.accounts.values()]


@section("SELECT kind, reference, entries FROM journals")
def journals(model):
    return [(kind, "/".join(str(getattr(part, "id", part)) for part in reference), shares_text(journal.entries))
            for (kind, reference), journal in model.journals.items()]


@section("SELECT supply_leader_id, sales_leader_id FROM partnerships WHERE upper_inf(period)")
def partnerships(model):
    return model.partners.keys()


@section("SELECT community_id, member_id, account_id FROM stewardships WHERE upper_inf(period)")
def stewardships(model):
    return [(community, stands.member, stands.account) for community, stands in model.stewards.items()]


@section("SELECT id, community_id, capacity, state FROM pickup_points")
def pickup_points(model):
    return [(point, point.community, point.capacity, point.state) for point in model.points]


@section("SELECT point_id, sum(failures) FROM code_failures GROUP BY point_id")
def code_failures(model):
    return [(point, point.failures) for point in model.points if point.failures]


@section("SELECT sku_id, supply_leader_id, supply_price, floor_price, ceiling_price, distribution_price FROM offers WHERE upper_inf(period)")
def offers(model):
    return [(sku, leader, offer.supply, offer.floor, offer.ceiling, offer.distribution) for (sku, leader), offer in model.offers.items()]


@section("SELECT id, state FROM offers")
def states_of_offers(model):
    return [(offer, offer.state) for offer in model.all_offers]


@section("SELECT supply_leader_id, sku_id, tier, sales_leader_id, rule FROM rates WHERE upper_inf(period)")
def rates(model):
    return [(*key, rate.rule.text()) for key, rate in model.rates.items()]


@section("SELECT item_id, tier, sales_leader_id, rule FROM item_rates")
def item_rates(model):
    return [(item, *who, rule.text()) for item in model.items for who, rule in item.special.items()]


@section("SELECT supply_leader_id, sales_leader_id, tier FROM leader_tiers WHERE upper_inf(period)")
def leader_tiers(model):
    return [(*pair, stands.tier) for pair, stands in model.tiers.items()]


@section("SELECT supply_leader_id, buyer_id, first_seller_id, last_seller_id FROM touches")
def touches(model):
    return [(*pair, *links) for pair, links in model.touches.items()]


@section("SELECT id, wave_id, supply_leader_id, state FROM campaigns")
def campaigns(model):
    return [(campaign, campaign.wave, campaign.leader, campaign.state) for campaign in model.campaigns]


@section("SELECT id, kind, owner_id, minimum, minimum_of, capacity_of FROM campaigns")
def ends_of_campaigns(model):
    return [(each, each.kind, each.owner, each.minimum, each.minimum_of, each.capacity and each.capacity.of) for each in model.campaigns]


@section("SELECT campaign_id, row_number() OVER (PARTITION BY campaign_id ORDER BY id), state, reason FROM campaign_log")
def campaign_log(model):
    return [(campaign, n, *entry) for campaign in model.campaigns for n, entry in enumerate(campaign.log, 1)]


@section("SELECT campaign_id, number, order_id FROM order_numbers")
def order_numbers(model):
    return [(campaign, n, order) for campaign in model.campaigns for n, order in enumerate(campaign.numbered, 1)]


@section("SELECT campaign_id, member_id, chain, tier FROM campaign_sellers")
def campaign_sellers(model):
    return [(campaign, member, chain_text(chain), model.joined_in[campaign, member]) for (campaign, member), chain in model.sellers.items()]


@section("SELECT i.id, i.campaign_id, sku_id, supplier_id, supply_price, distribution_price, sale_price, floor_price, ceiling_price, rule, stock, "
         "pool_id, deposit, retired FROM campaign_items i")
def campaign_items(model):
    return [(item, item.campaign, item.sku, item.sku.supplier, item.supply, item.distribution, item.sale, *item.bounds, item.rule.text(), item.stock,
             item.pool, item.deposit, item.retired) for item in model.items]


@section("SELECT campaign_id, stock_id, sum(free) FROM stock WHERE stock_id > 0 GROUP BY campaign_id, stock_id")
def stock(model):
    return [(item.campaign, item, item.free) for item in model.items if item.stock is not None]


@section("SELECT q.campaign_id, q.item_id, q.community_id, q.sku_id, q.reference, q.units, sum(s.free) FROM quotas q JOIN stock s ON s.stock_id = -q.id WHERE s.campaign_id = coalesce(q.campaign_id, 0) "
         "GROUP BY q.id")
def quotas(model):
    return [(quota.campaign, quota.item, quota.community, quota.sku, quota.reference, quota.units, quota.free) for quota in model.quotas]


@section("SELECT campaign_id, item_id, scope, per_day, units FROM limits")
def limits(model):
    return [(*key, limit.units) for key, limit in model.limits.items()]


@section("SELECT l.campaign_id, l.item_id, l.scope, u.day > '-infinity', u.subject, u.units FROM limit_uses u JOIN limits l ON l.id = u.limit_id "
         "WHERE u.units <> 0")
def limit_uses(model):
    return [(*key, whose, model.used[limit, whose]) for key, limit in model.limits.items()
            for whose in {whose for each, whose in model.used if each is limit} if model.used[limit, whose] != 0]


@section("SELECT wave_id, point_id, parcels FROM point_loads WHERE parcels <> 0")
def point_loads(model):
    return [(wave, point, parcels) for (wave, point), parcels in model.loads.items() if parcels != 0]


@section("SELECT id, campaign_id, buyer_id, point_id, state, amount, chain, basket, shares, refunded, seller_account_id, steward_account_id, "
         "paid_at IS NOT NULL, part_paid, due_at IS NOT NULL, request, household, channel, note, deposit FROM orders")
def orders(model):
    return [(order, order.campaign, order.buyer, order.point, order.state, order.amount, chain_text(order.chain), basket_text(order.basket),
             shares_text(order.shares), basket_text(order.refunded), order.seller, order.steward, order.paid,
             order.received if not order.paid and order.received else None, order.due is not None,
             order.request, order.household, order.channel, order.note, order.deposit) for order in model.orders]


@section("SELECT campaign_id, order_id, id, was, became, returned FROM order_changes")
def order_changes(model):
    return [(order.campaign, order, change, basket_text(change.was), basket_text(change.became), change.back)
            for order in model.orders for change in order.changes]


@section("SELECT campaign_id, order_id, wave_id, point_id, picked_by FROM pickups")
def pickups(model):
    return [(order.campaign, order, order.campaign.wave, order.parcel["point"], order.parcel["by"]) for order in model.orders if order.parcel]


@section("SELECT reference, campaign_id, order_id, amount, accepted, outcome FROM payments")
def payments(model):
    return [(reference, order.campaign, order, amount, accepted, outcome)
            for reference, (order, amount, accepted, outcome) in model.payments.items()]


@section("SELECT id, campaign_id, order_id, item_id, units, amount, shares, due_at IS NOT NULL FROM refunds")
def refunds(model):
    return [(refund, refund.order.campaign, refund.order, refund.item, refund.units, refund.amount, shares_text(refund.shares),
             refund.due is not None) for refund in model.refunds]


@section("SELECT id, state FROM waves")
def waves(model):
    return [(wave, wave.state) for wave in model.waves]


@section("SELECT wave_id, kind, party_id, orders, basket FROM wave_lists")
def wave_lists(model):
    return [(wave, kind, party, count, basket_text(basket)) for wave in model.waves for (kind, party), (count, basket) in wave.lists.items()]


@section("SELECT id, posted_at IS NOT NULL, orders, refunds, amount, journal_id IS NOT NULL FROM settlements")
def settlements(model):
    return [(each, each.posted, each.orders, each.refunds, each.amount, each.journal is not None) for each in model.settlements]


@section("SELECT id, made_by, own, approved_by, withdrawn_at IS NOT NULL, journal_id IS NOT NULL FROM payouts")
def payouts(model):
    return [(payout, payout.maker, payout.own, payout.approver, payout.withdrawn, ("payout", (payout,)) in model.journals) for payout in model.payouts]


@section("SELECT payout_id, member_id, channel, entries, amount, fee, state, note, request_id IS NOT NULL, channel_reference, return_reference FROM payout_lines")
def payout_lines(model):
    return [(line.payout, line.member, "bank", shares_text(line.entries), line.amount, 0, line.state, line.note, line.sent, line.reference, line.back)
            for line in model.lines]


@section("SELECT message, key, reference, amount, outcome, resolved_at IS NOT NULL FROM transfer_disputes")
def transfer_disputes(model):
    return [(*dispute, resolved) for dispute, resolved in model.disputes.items()]


@section("SELECT kind, count(*) FROM requests WHERE result IS NOT NULL GROUP BY kind")
def requests(model):
    kinds = [kind for kind, _ in model.requests] + ["place_order" for first in model.order_keys.values() if isinstance(first, dict)]
    return [(kind, kinds.count(kind)) for kind in set(kinds)]


@section("SELECT invariant, violations, first FROM verify() WHERE violations <> 0")
def verify(model):
    return []


def compare(model, server):
    """Differs, with the first rows that only one of the two has."""
    learn_accounts(model, server)
    learn_changes(model, server)
    learn_lines(model, server)
    for name, (query, rows_of) in SECTIONS.items():
        code, found = server.ask(query)
        if code != "00000":
            raise Differs(f"{name}: error {code} ({server.said()})")
        expected = {tuple(row) for row in texts_of(rows_of(model))}
        found = {tuple(row) for row in found}
        if expected != found:
            raise Differs(f"{name}: expected {rows_text(expected - found)}\ngot      {rows_text(found - expected)}")


def texts_of(rows):
    return [[plain(getattr(cell, "id", cell)) for cell in row] for row in rows]


def rows_text(rows):
    some = sorted(rows, key=str)[:4]
    return "; ".join("(" + ", ".join("NULL" if cell is None else cell for cell in row) + ")" for row in some) or "nothing"
