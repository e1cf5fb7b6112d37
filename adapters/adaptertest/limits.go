package adaptertest

var limitChecks = map[int]check{}
