#!/usr/bin/env python3
"""Recomputes what six months of real orders and their cancellations come to, from the invoice lines alone.

    orders.py LINES.csv.gz <accounts.json

The rules are those that the test sets up. Every invoice with goods at a price in whole pence is an order; the supplier of an article
is the last character of its code, modulo 10, and is paid 70 % of its lowest price, rounded down. A buyer whose number ends in 0 to 6 buys
from the sales leader of his number modulo 20; he fetches at the point of his number modulo 3: of two stewards, or of none. A sale is
divided by the rule below, and a refund is borne as LIABILITIES say of its cause, which is the number of its line modulo 5.

A cancellation takes back earlier sales of the same customer, article and price, the latest first. The accounts (name to id) are
needed because of two equal remainders the lower account is served. Prints what, key, units sold and their amount, units refunded and
their amount, tab-separated; of a payee only the amount that settlement leaves him.
"""

import csv
import gzip
import json
import sys
from collections import defaultdict

from refunds import divide, largest_remainder, reverse

CAUSES = ["late", "lost", "spoilage", "shortage", "other"]
LIABILITIES = {
    "late": [("supplier", 333_333), ("sales_leader", 333_333), ("steward", 85_000), ("platform", None)],
    "lost": [("steward", 1_000_000), ("platform", None)],
    "spoilage": [("supplier", 800_000), ("platform", 200_000)],
    "shortage": [("supply_leader", 123_457), ("sales_leader", 1), ("supplier", None)],
}


def pence(price):
    """Whole pence, or None for a price that is not above zero or not in whole pence."""
    whole, _, fraction = price.partition(".")
    thousandths = int(whole) * 1000 + (int(fraction.ljust(3, "0")) if fraction else 0)
    return thousandths // 10 if thousandths > 0 and thousandths % 10 == 0 and not price.startswith("-") else None


def match(lines):
    """(cancellation, sale or None, units): which sale each cancellation takes back, in the order of time."""
    sales = defaultdict(list)
    cancels = []
    for line in lines:
        key = line["customer"], line["code"], line["price"]
        if line["invoice"].startswith("C"):
            cancels.append((line, key))
        elif line["units"] > 0:
            sales[key].append([line["at"], line["no"], line, line["units"]])
    for found in sales.values():
        found.sort(key=lambda sale: sale[:2])
    for cancel, key in sorted(cancels, key=lambda c: (c[0]["at"], c[0]["no"])):
        wanted, last = -cancel["units"], None
        if cancel["customer"]:
            for sale in reversed(sales[key]):
                taken = min(wanted, sale[3])
                if taken > 0 and sale[:2] < [cancel["at"], cancel["no"]]:
                    sale[3] -= taken
                    wanted -= taken
                    last = sale[2]
                    yield cancel, last, taken
        if wanted > 0:
            yield cancel, last and "beyond", wanted


def main():
    accounts = json.load(sys.stdin)
    with gzip.open(sys.argv[1], "rt", encoding="utf-8", newline="") as file:
        lines = [{"no": int(row["line_no"]), "invoice": row["invoice_no"], "code": row["stock_code"], "units": int(row["quantity"]), "at": row["invoice_ts"],
                  "price": row["unit_price_gbp"], "customer": row["customer_id"]} for row in csv.DictReader(file)]
    sums = defaultdict(lambda: [0, 0, 0, 0])

    def count(place, units, amount, *keys):
        for key in keys:
            sums[key][place] += units
            sums[key][place + 1] += amount

    # Orders: what an invoice says of an article at a price, summed.
    baskets = defaultdict(lambda: defaultdict(int))
    about = {}
    for line in lines:
        price = pence(line["price"])
        if line["invoice"][0] in "AC" or line["units"] <= 0 or price is None:
            continue
        at, customer = about.get(line["invoice"], (line["at"], line["customer"]))
        about[line["invoice"]] = min(at, line["at"]), min(customer, line["customer"])
        baskets[line["invoice"]][line["code"], price] += line["units"]
    lowest = {}
    for basket in baskets.values():
        for code, price in basket:
            lowest[code] = min(price, lowest.get(code, price))
    shares, parties = {}, {}
    payees = defaultdict(int)
    for invoice, basket in baskets.items():
        at, customer = about[invoice]
        number = int(customer or "".join(c for c in invoice if c.isdigit()))
        for (code, price), units in basket.items():
            count(0, units, units * price, ("month", at[:7]), ("item", f"{code} {price}"), ("total", ""))
            sale, cost = units * price, units * (lowest[code] * 70 // 100)
            line = invoice, code, price
            parties[line] = {
                "supplier": accounts[f"supplier {ord(code[-1]) % 10}"], "supply_leader": accounts["leader"], "platform": accounts["platform"],
                "sales_leader": accounts[f"seller {number % 20}"] if number % 10 < 7 else None,
                "steward": accounts[f"steward {number % 3}"] if number % 3 < 2 else None}
            # supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 15% of sale, supply_leader rest
            platform, seller, _ = largest_remainder(sale, [20_000, 150_000, 830_000])
            steward, _ = largest_remainder(sale - cost, [100_000, 900_000])
            named = {"supplier": cost, "platform": platform, "sales_leader": seller, "steward": steward}
            shares[line] = {parties[line][party]: part for party, part in named.items() if parties[line][party] is not None}
            shares[line][parties[line]["supply_leader"]] = sale - sum(shares[line].values())
            for account, part in shares[line].items():
                payees[account] += part

    # Cancellations, one after the other, each out of what is left.
    bearing = {}
    for cancel, sale, units in match(lines):
        price = pence(cancel["price"])
        line = sale not in (None, "beyond") and (sale["invoice"], sale["code"], price)
        if not line or line not in shares:
            count(2, units, 0, ("outcome", "too_much" if sale == "beyond" else "no_such_order"))
            continue
        amount = units * price
        count(2, units, amount, ("outcome", "refunded"), ("month", cancel["at"][:7]), ("item", f"{sale['code']} {price}"), ("total", ""))
        taken = reverse(shares[line], amount)
        shares[line] = {account: part - taken[account] for account, part in shares[line].items()}
        cause = CAUSES[cancel["no"] % 5]
        if cause in LIABILITIES:
            if (line, cause) not in bearing:
                bearing[line, cause] = divide(LIABILITIES[cause], parties[line], baskets[line[0]][line[1:]] * price)
            taken = reverse(bearing[line, cause], amount)
            bearing[line, cause] = {account: part - taken[account] for account, part in bearing[line, cause].items()}
        for account, part in taken.items():
            payees[account] -= part

    names = {account: name for name, account in accounts.items()}
    for (what, key), figures in sums.items():
        print(what, key, *figures, sep="\t")
    for account, amount in payees.items():
        if amount:
            print("payee", names[account], 0, amount, 0, 0, sep="\t")


if __name__ == "__main__":
    main()
