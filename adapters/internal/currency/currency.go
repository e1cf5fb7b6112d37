// Package currency knows the codes of ISO 4217 and their minor units, to say what is odd about an amount. It never
// decides whether an amount is good: codes appear before any table lists them, and providers use some that none does.
//
// Source: ISO 4217, list one as of 2026-01-01, and of the superseded codes those that providers still print.
package currency

import (
	"strings"

	"github.com/shopspring/decimal"
)

// The codes by the number of decimals of their minor unit.
const (
	none = `XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX`
	zero = `BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF`
	two  = `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
		CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR
		ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV
		MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD
		SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`
	three = `BHD IQD JOD KWD LYD OMR TND`
	four  = `CLF UYW`

	supersededZero = `BYR`
	supersededTwo  = `ANG BGN CUC HRK MRO SLL STD VEF ZWD`
)

// unbounded is the minor unit of codes that have none.
const unbounded = -1

var minorUnits = table(map[string]int32{
	none: unbounded, zero: 0, two: 2, three: 3, four: 4, supersededZero: 0, supersededTwo: 2,
})

func table(groups map[string]int32) map[string]int32 {
	units := map[string]int32{}
	for codes, unit := range groups {
		for code := range strings.FieldsSeq(codes) {
			units[code] = unit
		}
	}
	return units
}

// Warning returns what is odd about an amount in a currency, or "".
func Warning(amount decimal.Decimal, code string) string {
	unit, known := minorUnits[code]
	switch {
	case !known:
		return "currency is not an ISO 4217 code"
	case unit != unbounded && finer(amount, unit):
		return "amount is finer than the currency's minor unit"
	}
	return ""
}

// finer says whether digits after those of the unit are more than zeros.
func finer(amount decimal.Decimal, unit int32) bool {
	excess := -amount.Exponent() - unit
	if excess <= 0 || amount.IsZero() {
		return false
	}
	if amount.NumDigits() > 18 { // does not fit into 64 bits
		return !amount.Truncate(unit).Equal(amount)
	}
	rest := amount.CoefficientInt64()
	for ; excess > 0 && rest%10 == 0; excess-- {
		rest /= 10
	}
	return excess > 0
}
