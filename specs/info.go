package specs

import (
	"slices"
	"time"
)

// Info says which document and which generator made a provider's client.
type Info struct {
	Provider   string   `json:"provider"`
	Title      string   `json:"title"`
	Version    string   `json:"version"`    // of the document
	Read       string   `json:"read"`       // the day the documentation page was read, YYYY-MM-DD
	APIVersion string   `json:"apiVersion"` // of the provider's API, in its own words
	SHA256     string   `json:"sha256"`     // of the document's text, in lower-case hexadecimal
	Generator  string   `json:"generator"`  // name and version
	Operations []string `json:"operations"` // method and path

	// UnattendedCalls is how many calls without the PSU are allowed for one account in UnattendedWindow; 0 if no limit
	// is known.
	UnattendedCalls  int           `json:"unattendedCalls,omitempty"`
	UnattendedWindow time.Duration `json:"-"`
}

// Describe returns the Info of a provider's document, and whether there is one.
func Describe(provider string) (Info, bool) {
	i := slices.IndexFunc(infos, func(info Info) bool { return info.Provider == provider })
	if i < 0 {
		return Info{}, false
	}
	return infos[i], true
}
