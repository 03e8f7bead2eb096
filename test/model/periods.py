"""What is reckoned by period, and corrected when refunds have changed it: bonuses and traffic. From docs/fees.md."""

from days import NEVER, day_of, days_between, later, share_days
from split import MILLION, BadRule, percent
from things import BonusRule, Community, Member, PeriodRun, Refused, Tariff, need, within
from times import day_begins


class Scale:
    """A rule that divides a volume between one who gets a part, by steps, and who gets the rest."""

    def __init__(self, party, other, steps, whole=False):
        self.parties = (party, other)
        self.steps = steps  # from which volume on, and parts per million; one step is a percentage
        self.whole = whole

    def text(self):
        steps = ", ".join(f"{start}: {percent(ppm)}" for start, ppm in self.steps)
        term = percent(self.steps[0][1]) if len(self.steps) == 1 else f"{'whole ' if self.whole else ''}ladder({steps})"
        return f"{self.parties[0]} {term} of sale, {self.parties[1]} rest"

    def part(self, volume):
        """Each slice at its own percentage, or all at that of the step reached; half a unit up."""
        return (2 * by_steps(volume, self.steps, self.whole) + MILLION) // (2 * MILLION)

    def __eq__(self, other):
        return isinstance(other, Scale) and self.text() == other.text()

    def __hash__(self):
        return hash(self.text())


def by_steps(volume, steps, whole):
    if whole:
        return volume * [price for start, price in steps if start <= volume][-1]
    ends = [start for start, _ in steps[1:]] + [volume]
    return sum((min(end, volume) - start) * price for (start, price), end in zip(steps, ends) if start < volume)


def need_scale(rule, *parties):
    if not isinstance(need(rule), Scale) or rule.parties != parties:
        raise Refused("KT202")


def check_text(rule):
    if isinstance(rule, BadRule) and rule.code in ("22P02", "22023"):  # a text that is no rule at all
        raise Refused(rule.code)


class Periods:
    def __init__(self):
        super().__init__()
        self.bonus_rules = []
        self.tariffs = []
        self.period_runs = []

    # Rules: one at a time for the same thing

    def put_rule(self, rules, new):
        """The same again is the same; an open one from before ends."""
        same = [rule for rule in rules if rule.subject == new.subject]
        for rule in same:
            if rule.since == new.since:
                if (rule.terms, rule.until) != (new.terms, new.until):
                    raise Refused("KT010")
                return rule
        ends = [rule for rule in same if rule.until == NEVER and rule.since < new.since]
        if any(self.computed_beyond(rule, new.since) for rule in ends):
            raise Refused("KT301")
        if any(share_days((rule.since, rule.until), (new.since, new.until)) for rule in same if rule not in ends):
            raise Refused("KT301")
        for rule in ends:
            rule.until = new.since
        rules.append(new)
        return new

    def computed_beyond(self, rule, day):
        return any(run.until > day for run in self.period_runs for line in run.lines if line[0] is rule)

    def end_rule(self, rule, kind, until):
        need(rule, kind)
        until = day_of(until)
        if until <= rule.since:
            raise Refused("22023")
        if until >= rule.until:
            return [False]
        if self.computed_beyond(rule, until):
            raise Refused("KT301")
        rule.until = until
        return [True]

    def set_bonus(self, supply_leader, rule, since, until=None):
        check_text(rule)
        if supply_leader is not None:
            need(supply_leader, Member)
        days = days_between(since, until)
        need_scale(rule, "sales_leader", "platform" if supply_leader is None else "supply_leader")
        payer = (lambda: self.revenue) if supply_leader is None else (lambda: self.account(supply_leader, "commission"))
        stands = self.put_rule(self.bonus_rules, BonusRule(subject=supply_leader, terms=rule, since=days[0], until=days[1]))
        stands.payer = payer()
        return [stands]

    def end_bonus(self, bonus, until):
        return self.end_rule(bonus, BonusRule, until)

    def set_tariff(self, member, role, measure, steps, prices, since, until=None, per=1000, whole=False, community=None, category=None):
        need(member, Member)
        for word, words in ((role, ("supplier", "supply_leader")), (measure, ("orders", "units", "views"))):
            if need(word) not in words:
                raise Refused("22023")
        within(need(per), 1, 1_000_000)
        if category is not None and len(category.encode()) not in range(1, 257):
            raise Refused("22023")
        need(whole)
        days = days_between(since, until)
        need(steps)
        if not 1 <= len(steps) <= 64 or len(need(prices)) != len(steps) or None in steps or None in prices:
            raise Refused("22023")
        if steps[0] != 0 or sorted(set(steps)) != steps or not all(0 <= price <= 10**12 for price in prices):
            raise Refused("22023")
        if measure == "views" and community is not None:
            raise Refused("22023")
        if community is not None:
            need(community, Community)
        stands = self.put_rule(self.tariffs, Tariff(subject=(member, role, measure, community, category), terms=(tuple(zip(steps, prices)), per, whole),
                                                    since=days[0], until=days[1]))
        stands.payer = self.account(member, "goods" if role == "supplier" else "commission")
        return [stands]

    def end_tariff(self, tariff, until):
        return self.end_rule(tariff, Tariff, until)

    # Runs

    def begin_run(self, since, until):
        """A period, of which all that was due is settled."""
        first = day_of(since)
        last = later(first, months=1) if until is None else day_of(until)
        if last <= first:
            raise Refused("22023")
        end = self.begins(last)
        in_use = {self.market_calendar, *self.campaign_calendars.values(), *self.account_calendars.values()}
        if any(calendar.until is None or calendar.until < end for calendar in in_use):
            raise Refused("KT301")
        if any(not each.posted and (each.start is None or each.start < end) for each in self.settlements):
            raise Refused("KT301")
        return first, last

    def begins(self, day):
        return day_begins((day - self.first_day).days)

    def sales(self, period):
        """Orders that were due in it, and what is left of them."""
        start, end = map(self.begins, period)
        return [(order, {item: (count - order.refunded.get(item, (0, 0))[0], amount - order.refunded.get(item, (0, 0))[1])
                         for item, (count, amount) in order.basket.items()})
                for order in self.orders if order.due is not None and start <= order.due < end]

    def post_period(self, kind, period, found):
        """What it comes to now less what was posted of it before. Found: (rule, payer, payee) to volume and total."""
        runs = [run for run in self.period_runs if run.kind == kind]
        others = [run for run in runs if (run.since, run.until) != period and share_days((run.since, run.until), period)]
        computed = {line[0] for run in others for line in run.lines}
        if any(rule in computed for rule, _, _ in found):
            raise Refused("KT301")
        posted = {}
        for run in runs:
            if (run.since, run.until) == period:
                for *key, _, _, amount in run.lines:
                    posted[tuple(key)] = posted.get(tuple(key), 0) + amount
        lines = []
        for key in {**found, **posted}:
            volume, total = found.get(key, (0, 0))
            if total != posted.get(key, 0):
                lines.append((*key, volume, total, total - posted.get(key, 0)))
        if lines:
            run = PeriodRun(kind=kind, since=period[0], until=period[1], lines=lines, journal=None)
            self.period_runs.append(run)
            entries = {}
            for _, payer, payee, _, _, amount in lines:
                entries[payee] = entries.get(payee, 0) + amount
                entries[payer] = entries.get(payer, 0) - amount
            entries = {account: amount for account, amount in entries.items() if amount}
            if entries:
                run.journal = self.post_owed(kind, (run,), entries)
        return lines

    def stand_for(self, rules, period):
        return [rule for rule in rules if rule.since <= period[0] and period[1] <= rule.until]

    def compute_bonuses(self, since, until=None):
        period = self.begin_run(since, until)
        found = {}
        for rule in self.stand_for(self.bonus_rules, period):
            for order, left in self.sales(period):
                if order.seller is not None and rule.subject in (None, order.campaign.leader):
                    key = (rule, rule.payer, order.seller)
                    volume = found.get(key, (0, 0))[0] + sum(amount for _, amount in left.values())
                    found[key] = (volume, rule.terms.part(volume))
        lines = self.post_period("bonus", period, found)
        return sorted(([rule, payee.member, *rest] for rule, _, payee, *rest in lines), key=lambda row: (row[0].id, row[1].id))

    def charge_traffic(self, since, until=None):
        period = self.begin_run(since, until)
        found = {}
        for tariff in self.stand_for(self.tariffs, period):
            member, role, measure, community, category = tariff.subject
            steps, per, whole = tariff.terms
            volume = 0
            for order, left in self.sales(period):
                counts = [count for item, (count, _) in left.items() if count > 0 and category is None and community in (None, order.point.community)
                          and member is (item.sku.supplier if role == "supplier" else order.campaign.leader)]
                volume += 0 if measure == "views" else sum(counts) if measure == "units" else bool(counts)
            if volume:
                found[tariff, tariff.payer, self.revenue] = (volume, (2 * by_steps(volume, steps, whole) + per) // (2 * per))
        lines = self.post_period("traffic", period, found)
        return sorted(([tariff, payer.member, *rest] for tariff, payer, _, *rest in lines), key=lambda row: row[0].id)
