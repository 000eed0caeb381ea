"""Errands that have to wait for each other."""

import heapq
from collections import defaultdict


class CycleError(ValueError):
    def __init__(self, names):
        super().__init__(" -> ".join(names))
        self.names = names


class Errands:
    def __init__(self):
        self.minutes = {}
        self.before = defaultdict(set)

    def add(self, name, minutes, after=()):
        if minutes < 0:
            raise ValueError("minutes must not be negative")
        self.minutes[name] = minutes
        for earlier in after:
            self.before[name].add(earlier)
            self.minutes.setdefault(earlier, 0)

    def order(self):
        """All errands, each behind what it waits for; by name where there is a choice."""
        waiting = {name: len(self.before[name]) for name in self.minutes}
        followers = defaultdict(list)
        for name, earlier_ones in self.before.items():
            for earlier in earlier_ones:
                followers[earlier].append(name)
        ready = [name for name, count in waiting.items() if count == 0]
        heapq.heapify(ready)
        done = []
        while ready:
            name = heapq.heappop(ready)
            done.append(name)
            for follower in followers[name]:
                waiting[follower] -= 1
                if waiting[follower] == 0:
                    heapq.heappush(ready, follower)
        if len(done) < len(self.minutes):
            raise CycleError(self.cycle(set(self.minutes) - set(done)))
        return done

    def cycle(self, names):
        """Some cycle among `names`, all of which are on or behind one."""
        at = min(names)
        seen = []
        while at not in seen:
            seen.append(at)
            at = min(name for name in self.before[at] if name in names)
        return seen[seen.index(at):] + [at]

    def finish_times(self):
        """When each is done at the earliest, if any number of people help."""
        times = {}
        for name in self.order():
            start = max((times[earlier] for earlier in self.before[name]), default=0)
            times[name] = start + self.minutes[name]
        return times

    def critical(self):
        """The chain of errands that makes the whole take so long."""
        times = self.finish_times()
        if not times:
            return []
        name = max(times, key=lambda each: (times[each], each))
        chain = [name]
        while self.before[name]:
            name = max(self.before[name], key=lambda each: (times[each], each))
            chain.append(name)
        chain.reverse()
        return chain
