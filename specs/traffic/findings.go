package traffic

import "slices"

const (
	maxListed = 20   // deviations of an exchange that are told apart
	maxFound  = 1000 // bounds the work that a body without anything right can cause
)

// findings collects the deviations of one exchange: one for each part and rule, maxListed at most.
type findings struct {
	list  []Deviation
	found int
	more  int // found, but not listed
}

func (f *findings) full() bool { return f.found > maxFound }

func (f *findings) add(d Deviation) {
	f.found++
	i := slices.IndexFunc(f.list, func(listed Deviation) bool { return listed.Part == d.Part && listed.Rule == d.Rule })
	switch {
	case f.full(), i < 0 && len(f.list) == maxListed:
		f.more++
	case i >= 0:
		f.list[i].Count++
	default:
		d.Count = 1
		f.list = append(f.list, d)
	}
}

// all returns what was found. If that is more than is listed, one element stands for the rest.
func (f *findings) all() []Deviation {
	if f.more == 0 {
		return f.list
	}
	last := f.list[len(f.list)-1]
	last.Part, last.Rule, last.Documented, last.Count = "", RuleMore, "", f.more
	return append(slices.Clip(f.list), last)
}
