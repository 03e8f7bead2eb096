"""What a run may do next: a function per kind of call, with how often it comes.

A step draws the arguments of a call that mostly fits the state, as a name and a
dictionary, or None when nothing comes to mind. Which outcome or error follows is
the model's to say, so a step need not be right. Wrong values and repeated calls
are mixed in by draw.py.
"""

STEPS = []
WEIGHTS = []


def step(weight):
    def keep(function):
        STEPS.append(function)
        WEIGHTS.append(weight)
        return function

    return keep
