package adaptertest

var secrecyChecks = map[int]check{}
