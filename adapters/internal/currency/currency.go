// Package currency knows the codes of ISO 4217 and their minor units, to say what is odd about an amount. It never
// decides whether an amount is good: codes appear before any table lists them, and providers use some that none does.
//
// Source: ISO 4217, list one as of 2026-01-01, and of list three the codes that were replaced since 1999 by others.
package currency

import (
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/shopspring/decimal"
)

// The codes by the number of decimals of their minor unit.
const (
	none = `XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XUA`
	zero = `BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF`
	two  = `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
		CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR
		ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV
		MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD
		SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`
	three = `BHD IQD JOD KWD LYD OMR TND`
	four  = `CLF UYW`

	nothing = `XTS XXX` // testing, and no currency
)

// replaced are codes with the day since which another one stands in their place.
const replaced = `ATS:2002-03-01 BEF:2002-03-01 DEM:2002-03-01 ESP:2002-03-01 FIM:2002-03-01 FRF:2002-03-01 GRD:2002-03-01
	IEP:2002-03-01 ITL:2002-03-01 LUF:2002-03-01 NLG:2002-03-01 PTE:2002-03-01 AFA:2003-01-02 TRL:2006-01-01 ROL:2005-07-01
	AZM:2006-01-01 MZM:2006-07-01 GHC:2007-07-01 SDD:2007-07-01 SIT:2007-01-01 CYP:2008-01-01 MTL:2008-01-01 VEB:2008-01-01
	SKK:2009-01-01 TMM:2009-01-01 ZWD:2009-02-02 EEK:2011-01-01 ZMK:2013-01-01 LVL:2014-01-01 LTL:2015-01-01 BYR:2016-07-01
	MRO:2018-01-01 STD:2018-01-01 VEF:2018-08-20 CUC:2021-06-30 HRK:2023-01-01 SLL:2024-04-01 ZWL:2024-09-01 ANG:2025-07-01
	BGN:2026-01-01`

// unbounded is the minor unit of codes that have none.
const unbounded = -1

var minorUnits = table(map[string]int32{
	none: unbounded, nothing: unbounded, zero: 0, two: 2, three: 3, four: 4,
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

// until is the day from which a code is replaced.
var until = func() map[string]string {
	days := map[string]string{}
	for entry := range strings.FieldsSeq(replaced) {
		code, day, _ := strings.Cut(entry, ":")
		days[code] = day
	}
	return days
}()

// Warning returns what is odd about an amount in a currency at a time, or "".
func Warning(amount decimal.Decimal, code string, at time.Time) string {
	unit, known := minorUnits[code]
	day, ends := until[code]
	switch {
	case ends && at.UTC().Format(time.DateOnly) >= day:
		return adapters.WarningReplacedCurrency
	case !known:
		return adapters.WarningUnknownCurrency
	case strings.Contains(nothing, code):
		return adapters.WarningNoCurrency
	case unit != unbounded && finer(amount, unit):
		return adapters.WarningFinerAmount
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
