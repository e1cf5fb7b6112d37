package check

import "strings"

// DidYouMean is what to add to a complaint about a word that is none of those known: the nearest one, "" if none is near. A
// third of its letters may be wrong.
func DidYouMean(word string, known []string) string {
	best, nearest := "", len(word)/3+1
	for _, candidate := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate)); d <= nearest && (best == "" || d < nearest) {
			best, nearest = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return ", did you mean " + best + "?"
}

// distance is how many letters have to be changed, added, left out or swapped with the next one to make b of a.
func distance(a, b string) int {
	const longest = 64 // known words are shorter
	if len(a) > longest {
		return len(a)
	}
	rows := [][]int{make([]int, len(b)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := range len(a) {
		row := append(make([]int, 0, len(b)+1), i+1)
		for j := range len(b) {
			cheapest := min(rows[i][j]+min(1, int(a[i]^b[j])), rows[i][j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				cheapest = min(cheapest, rows[i-1][j-1]+1)
			}
			row = append(row, cheapest)
		}
		rows = append(rows, row)
	}
	return rows[len(a)][len(b)]
}
