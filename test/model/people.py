"""Members, partners, communities, stewards and pickup points."""

import math

from things import Community, Member, Partnership, Point, Refused, Stewardship, need, need_text, within


def metres(one, other):
    """On a sphere: near enough where places are far apart or close together."""
    (x, y), (u, v) = [(math.radians(a), math.radians(b)) for a, b in (one, other)]
    half = math.sin((v - y) / 2) ** 2 + math.cos(y) * math.cos(v) * math.sin((u - x) / 2) ** 2
    return 2 * 6371000 * math.asin(math.sqrt(half))


class People:
    def __init__(self):
        super().__init__()
        self.members = []
        self.partners = {}  # (supply leader, sales leader): the partnership that stands
        self.communities = []
        self.stewards = {}  # community: the stewardship that stands
        self.points = []

    def register_member(self, reference):
        need_text(reference)
        for member in self.members:
            if member.reference == reference:
                return [member]
        self.members.append(Member(reference=reference))
        return [self.members[-1]]

    def form_partnership(self, supply_leader, sales_leader):
        need(supply_leader, Member)
        need(sales_leader, Member)
        if supply_leader is sales_leader:
            raise Refused("KT102")
        pair = (supply_leader, sales_leader)
        if pair not in self.partners:
            self.partners[pair] = Partnership()
        return [self.partners[pair]]

    def end_partnership(self, supply_leader, sales_leader):
        pair = (need(supply_leader), need(sales_leader))
        return [self.partners.pop(pair, None) is not None]

    def add_community(self, reference, households=None):
        within(households, 0, 100_000_000)
        need_text(reference)
        for community in self.communities:
            if community.reference == reference:
                return [community]
        self.communities.append(Community(reference=reference))
        return [self.communities[-1]]

    def appoint_steward(self, community, member):
        need(member, Member)
        need(community, Community)
        stands = self.stewards.get(community)
        if stands is None or stands.member is not member:
            stands = Stewardship(member=member, account=self.account(member, "pickup"))
            self.stewards[community] = stands
        return [stands]

    def end_stewardship(self, community):
        need(community, Community)
        return [self.stewards.pop(community, None) is not None]

    def add_pickup_point(self, community, reference, location, radius, capacity=None):
        need(community, Community)
        need(location)
        if radius is None:
            raise Refused("22004")
        if not 0 < radius <= 20_000_000:
            raise Refused("22023")
        within(capacity, 0, 1_000_000_000)
        need_text(reference)
        properties = (community, location, radius, capacity)
        for point in self.points:
            if point.reference == reference:
                if (point.community, point.location, point.radius, point.capacity) != properties:
                    raise Refused("KT010")
                return [point]
        self.points.append(Point(community=community, reference=reference, location=location, radius=radius,
                                 capacity=capacity, state="open", failures=0))
        return [self.points[-1]]

    def open_pickup_point(self, point, open):
        need(open)
        need(point, Point).state = "open" if open else "paused"
        return [""]

    # What a point can do for an order

    def steward_of(self, point):
        """The stewardship that stands for the community of a point."""
        return self.stewards.get(point.community)

    def reaches(self, point, location):
        return metres(point.location, location) <= point.radius

    def has_room(self, point, wave):
        return point.capacity is None or self.loads.get((wave, point), 0) < point.capacity

    def nearest(self, location, wave=None):
        """The nearest open point that serves a location, and has room in the wave when one is given."""
        fit = [point for point in self.points
               if point.state == "open" and self.reaches(point, location) and (wave is None or self.has_room(point, wave))]
        return min(fit, key=lambda point: metres(point.location, location), default=None)
