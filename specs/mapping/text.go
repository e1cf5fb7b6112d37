package mapping

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// balanceTypes is the vocabulary of normalised balance types. The codes are those of ISO 20022's
// ExternalBalanceType1Code; a code without a name here, such as VALU or OTHR, is unknown.
var balanceTypes = map[string]string{
	"PRCD": "previouslyClosedBooked", "OPBD": "openingBooked", "ITBD": "interimBooked", "CLBD": "closingBooked",
	"OPAV": "openingAvailable", "ITAV": "interimAvailable", "CLAV": "closingAvailable", "FWAV": "forwardAvailable",
	"XPCD": "expected", "INFO": "information",
	"no code": "openingCleared interimCleared closingCleared nonInvoiced authorised",
}

// balanceType returns the normalised type of a text and how it was found.
func balanceType(sent string, table map[string]string) (known, words string) {
	if entry := table[sent]; entry != "" {
		return entry, "table: " + sent + " -> " + entry
	}
	if name := balanceTypes[sent]; len(sent) == len("XPCD") && name != "" {
		return name, "ISO 20022 code"
	}
	plain := strings.NewReplacer("_", "", "-", "", " ", "").Replace(sent)
	for _, names := range balanceTypes {
		for name := range strings.FieldsSeq(names) {
			if strings.EqualFold(name, plain) {
				return name, "name of the vocabulary"
			}
		}
	}
	return "unknown", "not in the vocabulary"
}

var (
	decimalText  = regexp.MustCompile(`^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,2}))?$`)
	currencyText = regexp.MustCompile(`^[A-Z]{3}$`)
)

const (
	maxDigits = 38  // of an amount, also when it is written out
	maxType   = 256 // characters of the provider's text for a type
)

// amount writes a decimal number out: no exponent, no needless zero in front, no minus before zero, every zero behind
// the point as sent. It returns "" for what is no amount. Only a JSON number has an exponent.
func amount(sent string, isNumber bool) string {
	found := decimalText.FindStringSubmatch(sent)
	if found == nil || found[4] != "" && !isNumber || len(found[2]+found[3]) > maxDigits {
		return ""
	}
	exponent, _ := strconv.Atoi(found[4]) // at most two digits, or none
	digits, scale := found[2]+found[3], len(found[3])-exponent
	digits += strings.Repeat("0", max(0, -scale))
	digits = strings.Repeat("0", max(0, scale+1-len(digits))) + digits
	if len(digits) > maxDigits+1 {
		return ""
	}
	point := len(digits) - max(0, scale)
	text := strings.TrimLeft(digits[:point-1], "0") + digits[point-1:point]
	if scale > 0 {
		text += "." + digits[point:]
	}
	if strings.Trim(text, "0.") == "" {
		return text
	}
	return found[1] + text
}

// forms are the ways to write a time. Each returns the shared form, or "" for a text that is no time.
var forms = map[string]func(string) string{
	"rfc3339": func(sent string) string {
		t, err := time.Parse(time.RFC3339, sent)
		return utc(t, err == nil)
	},
	"epochMillis": func(sent string) string {
		millis, err := strconv.ParseInt(sent, 10, 64)
		return utc(time.UnixMilli(millis), err == nil && millis > 0)
	},
	"date": func(sent string) string {
		if _, err := time.Parse(time.DateOnly, sent); err != nil {
			return ""
		}
		return sent
	},
}

func utc(t time.Time, good bool) string {
	if t = t.UTC(); good && !t.IsZero() && t.Year() >= 1 && t.Year() <= 9999 {
		return t.Format(time.RFC3339Nano)
	}
	return ""
}

// plain returns a single value as text and its JSON type; for a list, its texts.
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
