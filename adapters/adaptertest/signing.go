package adaptertest

var signingChecks = map[int]check{}
