package mapping

import (
	"cmp"
	"encoding/json"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// isoCodes are the codes of ISO 20022's ExternalBalanceType1Code and ExternalSystemBalanceType1Code that say what a name of
// the vocabulary of balance types says. The others, such as OTHR and VALU, are known and say something else.
var isoCodes = map[string]string{
	"PRCD": "previouslyClosedBooked", "OPBD": "openingBooked", "ITBD": "interimBooked", "CLBD": "closingBooked",
	"OPAV": "openingAvailable", "ITAV": "interimAvailable", "CLAV": "closingAvailable", "FWAV": "forwardAvailable",
	"XPCD": "expected", "INFO": "information",
	"OPNG": "openingBooked", "INTM": "interimBooked", "CRRT": "interimBooked", "BOOK": "interimBooked",
	"CLSG": "closingBooked", "AVLB": "interimAvailable", "PDNG": "expected",
}

// typeNames is the vocabulary, without unknown.
var typeNames = slices.Concat(slices.Collect(maps.Values(isoCodes)),
	[]string{"openingCleared", "interimCleared", "closingCleared", "nonInvoiced", "authorised"})

// balanceType returns the normalised type of a text, and by which rule.
func balanceType(sent string, table map[string]string) (known, words string) {
	plain := strings.NewReplacer("_", "", "-", "", " ", "").Replace(sent)
	named := slices.IndexFunc(typeNames, func(name string) bool { return strings.EqualFold(name, plain) })
	switch {
	case table[sent] != "":
		return table[sent], "table: " + sent + " -> " + table[sent]
	case isoCodes[sent] != "":
		return isoCodes[sent], "ISO 20022 code"
	case named >= 0:
		return typeNames[named], "name of the vocabulary"
	}
	return "unknown", "not in the vocabulary"
}

var (
	decimalText = regexp.MustCompile(`^-?([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,2}))?$`)
	// day, time, seconds, hours and minutes of the zone
	isoTime      = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2})(:[0-9]{2}(?:[.,][0-9]+)?)?(?:[Zz]|([+-][0-9]{2}):?([0-9]{2})?)$`)
	currencyText = regexp.MustCompile(`^[A-Z]{3}$`)
)

const (
	maxDigits = 38  // of an amount, also when it is written out
	maxType   = 256 // characters of the provider's text for a type
)

// amount writes a decimal number out: no exponent, which only a JSON number can have, no needless zero in front, no
// minus before zero, every zero behind the point as sent. It returns "" for what is no amount.
func amount(sent string, isNumber bool) string {
	found := decimalText.FindStringSubmatch(sent)
	if found == nil || found[3] != "" && !isNumber || len(found[1]+found[2]) > maxDigits {
		return ""
	}
	exponent, _ := strconv.Atoi(found[3])    // none is 0
	exact, _ := new(big.Rat).SetString(sent) // a fraction of two integers
	text := exact.FloatString(max(0, len(found[2])-exponent))
	if strings.Count(text, "")-strings.Count(text, ".")-strings.Count(text, "-")-1 > maxDigits {
		return ""
	}
	return text
}

// wallTime is a time without offset.
var wallTime = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?$`)

// offset is the one with which a wall time of a zone is a time, or "" where its clock shows it not once.
func offset(sent, zone string) (found string) {
	location, err := time.LoadLocation(zone)
	if err != nil || zone == "" || !wallTime.MatchString(sent) {
		return ""
	}
	for minutes := -14 * 60; minutes <= 14*60; minutes += 15 { // the offsets in use
		at, err := time.Parse("2006-01-02T15:04:05", sent)
		at = at.Add(-time.Duration(minutes) * time.Minute).In(location)
		if _, seconds := at.Zone(); err != nil || seconds != minutes*60 {
			continue
		}
		if found != "" {
			return ""
		}
		found = at.Format("Z07:00")
	}
	return found
}

// moment returns a time as the shared types write it, and "" for a text that is none.
func moment(sent, form, zone string) string {
	sent += offset(sent, zone)
	if found := isoTime.FindStringSubmatch(sent); form == "rfc3339" && found != nil {
		sent = found[1] + "T" + found[2] + cmp.Or(found[3], ":00")
		switch {
		case found[4] == "":
			sent += "Z"
		default:
			sent += found[4] + ":" + cmp.Or(found[5], "00")
		}
	}
	t, err := time.Parse(map[string]string{"rfc3339": time.RFC3339, "date": time.DateOnly}[form], sent)
	if form == "epochMillis" {
		var millis int64
		millis, err = strconv.ParseInt(sent, 10, 64)
		t = time.UnixMilli(max(millis, 0))
	}
	switch t = t.UTC(); {
	case err != nil, t.IsZero(), form == "epochMillis" && t.Year()/100 != 20, t.Year() < 1, t.Year() > 9999:
		return ""
	case form == "date":
		return sent
	}
	return t.Format(time.RFC3339Nano)
}

// plain returns a single value as text and its JSON type. For a list these are its texts.
func plain(value any) (sent, jsonType string) {
	switch value := value.(type) {
	case string:
		return value, "string"
	case json.Number:
		return value.String(), "number"
	case bool:
		return strconv.FormatBool(value), "boolean"
	case []any:
		var texts []string
		for _, element := range value {
			if text, kind := plain(element); kind == "string" {
				texts = append(texts, text)
			}
		}
		return strings.Join(texts, ", "), "array"
	}
	return "", "object"
}
