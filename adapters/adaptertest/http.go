package adaptertest

var httpChecks = map[int]check{}
