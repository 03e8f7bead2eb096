"""The ledger, settlements with what explains them, payouts."""

import split
from things import Account, Journal, Member, Order, Payout, Refused, Settlement, need

MARKET = ("channel", "clearing", "revenue", "unmatched", "bank", "channel_fees", "subsidy", "tax", "transfers")
EARNED = ("goods", "commission", "pickup")


class Money:
    def __init__(self):
        super().__init__()
        self.accounts = {}  # (member or None, kind): account, in the order of opening
        self.journals = {}  # (kind, reference): journal
        self.pending = []  # orders and refunds with a due time that no window has passed
        self.settlements = []
        self.payouts = []
        self.channel, self.clearing, self.revenue, self.unmatched = [self.account(None, kind) for kind in MARKET][:4]

    def account(self, member, kind):
        if (member, kind) not in self.accounts:
            self.accounts[member, kind] = Account(member=member, kind=kind, balance=0, place=len(self.accounts))
        return self.accounts[member, kind]

    def post(self, kind, reference, entries, about=None):
        """About is what explains it, where the reference does not end with that."""
        entries = split.tidy(entries.items())
        assert sum(entries.values()) == 0 and (kind, reference) not in self.journals
        for account, amount in entries.items():
            account.balance += amount
        journal = self.journals[kind, reference] = Journal(
            kind=kind, reference=reference, entries=entries, settlement=None, about=about or reference[-1])
        return journal

    def post_owed(self, kind, reference, entries):
        """Nobody's earnings fall below zero: what is short is owed, and paid back from what is there afterwards, oldest account first."""
        cause = (kind, *reference)
        short = {account: -account.balance - amount for account, amount in entries.items()
                 if account.kind in EARNED and account.member and amount < -account.balance}
        owing = {account.member for account in short}
        members = {account.member for account, amount in entries.items() if account.member and (amount < 0 or self.debt(account.member))}
        if short:
            for member in sorted(owing, key=lambda member: member.id):
                self.account(member, "debt")
            self.post("debt", cause, split.add(short, *[{self.account(account.member, "debt"): -amount} for account, amount in short.items()]))
        journal = self.post(kind, reference, entries)
        back = []
        for member in members:
            left = self.debt(member)
            for account in [account for (whose, kind), account in self.accounts.items() if whose is member and kind in EARNED]:
                part = min(left, account.balance)
                left -= part
                back.append({account: -part, self.account(member, "debt"): part} if part else {})
        if any(back):
            self.post("netting", cause, split.add(*back))
        return journal

    def debt(self, member):
        return -self.accounts[member, "debt"].balance if (member, "debt") in self.accounts else 0

    # A window covers what is due after the last one's end and up to its own.

    def open_settlement(self, until=None):
        """Until now, or a time before everything."""
        if until == "infinity":
            raise Refused("22023")
        if self.settlements and not self.settlements[-1].posted:
            return [self.settlements[-1]]
        end = self.clock if until is None else 0
        if self.settlements and end <= self.settlements[-1].end:
            return [None]
        self.settlements.append(Settlement(end=end, posted=False, orders=None, refunds=None, amount=None, journal=None, behind=[]))
        return [self.settlements[-1]]

    def post_settlement(self, settlement):
        need(settlement, Settlement)
        if not settlement.posted:
            settlement.behind = [thing for thing in self.pending if thing.due <= settlement.end]
            self.pending = [thing for thing in self.pending if thing.due > settlement.end]
            earned = [thing.shares for thing in settlement.behind if isinstance(thing, Order)]
            returned = [split.negative(thing.shares) for thing in settlement.behind if not isinstance(thing, Order)]
            entries = split.add(*earned, *returned)
            settlement.posted = True
            settlement.orders, settlement.refunds = len(earned), len(returned)
            settlement.amount = sum(entries.values())
            if entries:
                entries = split.add(entries, {self.clearing: -settlement.amount})
                settlement.journal = self.post_owed("settlement", (settlement,), entries)
                settlement.journal.settlement = settlement
        return [settlement.orders, settlement.refunds, settlement.amount, settlement.journal is not None]

    def explain(self, journal, account):
        """Rows of campaign, order, refund and amount."""
        if not isinstance(need(journal), Journal) or need(account) not in journal.entries:
            raise Refused("KT303")
        if journal.settlement is not None:
            rows = [(thing, self.part_of(thing, account)) for thing in journal.settlement.behind]
            return sorted((self.explained(thing, part) for thing, part in rows if part is not None),
                          key=lambda row: [0 if cell is None else getattr(cell, "id", cell) for cell in row])
        amount = journal.entries[account]
        if journal.kind == "campaign_cancellation":
            return [[order.campaign, order, None, back if amount > 0 else -back] for order, back in journal.back.items()]
        if journal.kind in ("payout", "debt", "netting"):
            return [[None, None, None, amount]]
        return [self.explained(journal.about, amount)]

    def explained(self, thing, amount):
        if isinstance(thing, Order):
            return [thing.campaign, thing, None, amount]
        return [thing.order.campaign, thing.order, thing, amount]

    def part_of(self, thing, account):
        """What an order or a refund moves on an account at settlement; clearing is the other side of all of it."""
        sign = 1 if isinstance(thing, Order) else -1
        if account is self.clearing:
            return -sign * thing.amount
        return sign * thing.shares[account] if account in thing.shares else None

    def owed(self, member):
        """All that a member is owed or owes, by account."""
        return {account: account.balance for (whose, _), account in self.accounts.items() if whose is member and account.balance != 0}

    def make_payout(self, maker, request, minimum=1):
        first = self.claim("make_payout", request, (maker, minimum))
        if first is not None:
            return [first]
        need(maker, Member)
        if need(minimum) < 1:
            raise Refused("22023")
        waiting = {member for payout in self.payouts for member, line in payout.lines.items() if line["state"] == "proposed"}
        payout = Payout(maker=maker, approver=None, withdrawn=False, lines={})
        for member in self.members:
            entries = self.owed(member)
            amount = sum(entries.values())
            if entries and amount >= minimum and member not in waiting:
                payout.lines[member] = {"entries": entries, "amount": amount, "state": "proposed"}
        self.payouts.append(payout)
        self.finish("make_payout", request, payout)
        return [payout]

    def approve_payout(self, payout, approver):
        need(payout, Payout)
        need(approver, Member)
        if payout.withdrawn:
            raise Refused("KT301")
        if payout.maker is approver:
            raise Refused("KT404")
        if payout.approver is None:
            payout.approver = approver
            paid = []
            for member, line in payout.lines.items():
                line["state"] = "paid" if line["entries"] == self.owed(member) else "dropped"
                if line["state"] == "paid":
                    paid.append(line)
            if paid:
                entries = split.negative(split.add(*[line["entries"] for line in paid]))
                self.post("payout", (payout,), split.add(entries, {self.channel: sum(line["amount"] for line in paid)}))
        elif payout.approver is not approver:
            raise Refused("KT301")
        lines = payout.lines.values()
        return [sum(line["state"] == "paid" for line in lines), sum(line["state"] == "dropped" for line in lines),
                sum(line["amount"] for line in lines if line["state"] == "paid")]

    def withdraw_payout(self, payout):
        if need(payout, Payout).approver is not None:
            raise Refused("KT301")
        payout.withdrawn = True
        for line in payout.lines.values():
            line["state"] = "dropped"
        return [""]
