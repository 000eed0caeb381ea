// Package graph looks at undirected graphs of named nodes.
package graph

import "sort"

// Graph has the neighbours of each node.
type Graph map[string][]string

// Link joins two nodes; linking them again changes nothing.
func (g Graph) Link(a, b string) {
	if g.linked(a, b) {
		return
	}
	g[a] = append(g[a], b)
	if a != b {
		g[b] = append(g[b], a)
	}
}

func (g Graph) linked(a, b string) bool {
	for _, other := range g[a] {
		if other == b {
			return true
		}
	}
	return false
}

// Distances counts the links from a node to all that it reaches.
func (g Graph) Distances(from string) map[string]int {
	distances := map[string]int{from: 0}
	queue := []string{from}
	for len(queue) > 0 {
		node := queue[0]
		queue = queue[1:]
		for _, next := range g[node] {
			if _, known := distances[next]; !known {
				distances[next] = distances[node] + 1
				queue = append(queue, next)
			}
		}
	}
	return distances
}

// Components lists the connected parts, largest first, each sorted.
func (g Graph) Components() [][]string {
	seen := map[string]bool{}
	var parts [][]string
	for _, node := range g.nodes() {
		if seen[node] {
			continue
		}
		var part []string
		for other := range g.Distances(node) {
			seen[other] = true
			part = append(part, other)
		}
		sort.Strings(part)
		parts = append(parts, part)
	}
	sort.SliceStable(parts, func(i, j int) bool { return len(parts[i]) > len(parts[j]) })
	return parts
}

func (g Graph) nodes() []string {
	names := make([]string, 0, len(g))
	for name := range g {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Colours gives each node 0 or 1 so that no link joins equals; false where that cannot be.
func (g Graph) Colours() (map[string]int, bool) {
	colours := map[string]int{}
	for _, start := range g.nodes() {
		if _, done := colours[start]; done {
			continue
		}
		for node, distance := range g.Distances(start) {
			colours[node] = distance % 2
		}
	}
	for node, others := range g {
		for _, other := range others {
			if colours[node] == colours[other] {
				return nil, false
			}
		}
	}
	return colours, true
}

// Diameter is the longest of all shortest ways, -1 for a graph in parts.
func (g Graph) Diameter() int {
	longest := 0
	for node := range g {
		distances := g.Distances(node)
		if len(distances) < len(g) {
			return -1
		}
		for _, distance := range distances {
			if distance > longest {
				longest = distance
			}
		}
	}
	return longest
}
