package adaptertest

var quotaChecks = map[int]check{}
