"""Members, partners, communities, stewards and pickup points."""

import math

from things import Community, Member, Partnership, Point, Refused, Stewardship, need, need_text, within


def metres(one, other):
    """Vincenty's inverse formula on WGS84: right to a tenth of a millimetre for places that are not antipodes."""
    if one == other:
        return 0.0
    long, flat = 6378137.0, 1 / 298.257223563
    short = long * (1 - flat)
    u1, u2 = [math.atan((1 - flat) * math.tan(math.radians(place[1]))) for place in (one, other)]
    apart = lam = math.radians(other[0] - one[0])
    sin1, cos1, sin2, cos2 = math.sin(u1), math.cos(u1), math.sin(u2), math.cos(u2)
    for _ in range(100):
        sine = math.hypot(cos2 * math.sin(lam), cos1 * sin2 - sin1 * cos2 * math.cos(lam))
        cosine = sin1 * sin2 + cos1 * cos2 * math.cos(lam)
        sigma = math.atan2(sine, cosine)
        alpha = cos1 * cos2 * math.sin(lam) / sine
        squared = 1 - alpha * alpha
        middle = cosine - 2 * sin1 * sin2 / squared if squared else 0.0
        c = flat / 16 * squared * (4 + flat * (4 - 3 * squared))
        before = lam
        lam = apart + (1 - c) * flat * alpha * (sigma + c * sine * (middle + c * cosine * (2 * middle * middle - 1)))
        if abs(lam - before) < 1e-12:
            break
    k = squared * (long * long - short * short) / (short * short)
    a = 1 + k / 16384 * (4096 + k * (-768 + k * (320 - 175 * k)))
    b = k / 1024 * (256 + k * (-128 + k * (74 - 47 * k)))
    turn = b * sine * (middle + b / 4 * (cosine * (2 * middle * middle - 1)
                                         - b / 6 * middle * (4 * sine * sine - 3) * (4 * middle * middle - 3)))
    return short * a * (sigma - turn)


class People:
    def __init__(self):
        super().__init__()
        self.members = []
        self.partners = {}  # (supply leader, sales leader): the partnership that stands
        self.former_partners = []
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
        if pair not in self.partners:
            return [False]
        del self.partners[pair]
        self.former_partners.append(pair)
        return [True]

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
                                 capacity=capacity, state="open", failures={}))
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
        """In a wave, or without one in any."""
        if wave is None:
            return point.capacity != 0
        return point.capacity is None or self.loads.get((wave, point), 0) < point.capacity

    def nearest(self, location, wave=None):
        """The nearest open point that serves a location, and has room in the wave when one is given."""
        fit = [point for point in self.points
               if point.state == "open" and self.has_room(point, wave) and self.reaches(point, location)]
        return min(fit, key=lambda point: metres(point.location, location), default=None)
