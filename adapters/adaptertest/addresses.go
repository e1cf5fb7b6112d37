package adaptertest

var addressChecks = map[int]check{}
