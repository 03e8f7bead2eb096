"""Settlement by calendars: a campaign's, a supplier's for his part, else the market's. From docs/ledger.md."""

import datetime

import split
from things import Account, Calendar, Campaign, Member, Order, Refused, Settlement, need, need_text, within
from times import clock_of, day_begins

MARKETS = object()  # the calendar when none is named


class Settlements:
    def __init__(self):
        super().__init__()
        self.due = []  # orders and refunds with a due time
        self.settlements = []
        self.market_calendar = Calendar(title="market", every=None, until=None, starts=None)
        self.market_calendar.id = 1
        self.calendars = [self.market_calendar]
        self.campaign_calendars = {}  # campaign: calendar, not the market's
        self.account_calendars = {}  # account of a supplier: calendar, not the market's

    def create_calendar(self, name, every=None):
        need_text(name)
        if every not in (None, "day", "week", "month"):
            raise Refused("22023")
        for calendar in self.calendars:
            if calendar.title == name:
                if calendar.every != every:
                    raise Refused("KT010")
                return [calendar]
        self.calendars.append(Calendar(title=name, every=every, until=None, starts=None))
        return [self.calendars[-1]]

    def set_campaign_calendar(self, campaign, calendar):
        need(campaign, Campaign)
        was = self.campaign_calendars.get(campaign, self.market_calendar)
        need(calendar, Calendar)
        if was is not calendar:
            # From or to the market's, the parts of suppliers move as well.
            suppliers = set(self.account_calendars.values()) if self.market_calendar in (was, calendar) else set()
            self.align({was, calendar} | suppliers)
            self.assign(self.campaign_calendars, campaign, calendar)
        return [""]

    def set_supplier_calendar(self, supplier, calendar):
        need(supplier, Member)
        need(calendar, Calendar)
        was = self.account_calendars.get(self.accounts.get((supplier, "goods")), self.market_calendar)
        if was is not calendar:
            self.align({was, calendar})
        account = self.account(supplier, "goods")
        if was is not calendar:
            self.assign(self.account_calendars, account, calendar)
        return [""]

    def assign(self, calendars, what, calendar):
        calendars.pop(what, None)
        if calendar is not self.market_calendar:
            calendars[what] = calendar

    def align(self, calendars):
        """All settled up to the same time; a new one starts there."""
        in_use = {self.market_calendar, *self.campaign_calendars.values(), *self.account_calendars.values(), *[each.calendar for each in self.settlements]}
        ends = {calendar.until for calendar in calendars & in_use}
        if len(ends) > 1 or any(each.calendar in calendars and not each.posted for each in self.settlements):
            raise Refused("KT301")
        for calendar in calendars - in_use:
            calendar.until = ends.copy().pop()
            calendar.starts = calendar.until

    def next_window(self, until, calendar):
        """The open one, or a new one, or None."""
        need(calendar, Calendar)
        if until == "infinity":
            raise Refused("22023")
        for settlement in self.settlements:
            if settlement.calendar is calendar and not settlement.posted:
                return settlement
        end = self.clock if until is None else min(clock_of(until), self.clock)
        if calendar.every is not None:
            end = min(end, self.start_of(calendar.every))
        if calendar.until is not None and end <= calendar.until:
            return None
        return Settlement(calendar=calendar, start=calendar.until, end=end, posted=False, orders=None, refunds=None, amount=None, journal=None, parts=None,
                          campaigns=dict(self.campaign_calendars), accounts=dict(self.account_calendars), behind=[])

    def start_of(self, every):
        """When the day, week or month of now began."""
        day = self.day()
        first = {"day": day, "week": day - datetime.timedelta(day.weekday()), "month": day.replace(day=1)}[every]
        return day_begins((first - self.first_day).days)

    def open_settlement(self, until=None, calendar=MARKETS):
        settlement = self.next_window(until, self.market_calendar if calendar is MARKETS else calendar)
        if settlement is not None and settlement not in self.settlements:
            settlement.calendar.until = settlement.end
            self.settlements.append(settlement)
        return [settlement]

    def preview_settlement(self, until=None, calendar=MARKETS):
        """Rows of account, member, kind, amount and the balance it would come to."""
        settlement = self.next_window(until, self.market_calendar if calendar is MARKETS else calendar)
        if settlement is None:
            return []
        entries = self.entries_of(settlement)
        return [[account, account.member, account.kind, entries[account], account.balance + entries[account] if account.member else None]
                for account in sorted(entries, key=lambda account: account.place)]

    def part_settlement(self, settlement, parts):
        within(need(parts), 1, 10_000)
        need(settlement, Settlement)
        if settlement.parts is None and not settlement.posted:
            settlement.parts = frozenset(str(n) for n in range(1, parts + 1))
        return [settlement.parts or 0]

    def sum_part(self, settlement):
        """How many there are depends on the times of the orders, which the model does not know."""
        need(settlement, Settlement)
        return [frozenset("tf") if settlement.parts and not settlement.posted else False]

    def settled_by(self, settlement, thing, account):
        """Which calendar settles the part of an account, as it was when the window was opened."""
        campaign = campaign_of(thing)
        return settlement.campaigns.get(campaign) or settlement.accounts.get(account) or self.market_calendar

    def shares_in(self, settlement, thing):
        """What a settlement takes of what is due in its window."""
        sign = 1 if isinstance(thing, Order) else -1
        return {account: sign * amount for account, amount in earned_of(thing).items() if self.settled_by(settlement, thing, account) is settlement.calendar}

    def due_in(self, settlement):
        start = -1 if settlement.start is None else settlement.start
        return [thing for thing in self.due if start < thing.due <= settlement.end]

    def entries_of(self, settlement):
        return split.add(*[self.shares_in(settlement, thing) for thing in self.due_in(settlement)])

    def post_settlement(self, settlement):
        need(settlement, Settlement)
        if not settlement.posted:
            settlement.behind = self.due_in(settlement)
            # All that is due counts, whosoever settles it, but for campaigns that are settled elsewhere.
            counted = [thing for thing in settlement.behind if settlement.campaigns.get(campaign_of(thing), settlement.calendar) is settlement.calendar]
            settlement.orders = sum(isinstance(thing, Order) for thing in counted)
            settlement.refunds = len(counted) - settlement.orders
            entries = self.entries_of(settlement)
            settlement.posted = True
            settlement.amount = sum(entries.values())
            if entries:
                entries = split.add(entries, {self.clearing: -settlement.amount})
                settlement.journal = self.post_owed("settlement", (settlement,), entries)
                settlement.journal.settlement = settlement
                settlement.journal.happened = settlement.end
        return [settlement.orders, settlement.refunds, settlement.amount, settlement.journal is not None]

    def part_of(self, settlement, thing, account):
        """What an order or a refund moves on an account at settlement; clearing is the other side of all of it."""
        shares = self.shares_in(settlement, thing)
        if account is self.clearing:
            return -sum(shares.values()) if shares else None
        return shares.get(account)


def campaign_of(thing):
    return thing.campaign if isinstance(thing, Order) else thing.order.campaign


def earned_of(thing):
    """What an order gives, or a refund takes: of those who bear it, if a rule says who."""
    return thing.shares if isinstance(thing, Order) or thing.liability is None else thing.borne
