package main

import (
	"slices"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/eika"
	"github.com/openbalances/openbalances/adapters/mypos"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/openbalances/openbalances/adapters/onesingleview"
	"github.com/openbalances/openbalances/adapters/tokenio"
)

// credentials are the values of one connection by their names in the configuration, after env: and file: have been
// followed. A credential that is not given is absent.
type credentials map[string]adapters.Secret

// provider is what the tool knows about an adapter. Everything else about credentials is for the adapter's New to
// judge.
type provider struct {
	name     string
	required []string
	oneOf    []string // exactly one of these
	optional []string
	pem      []string // among them, those that are PEM text or the path of a PEM file
	open     func(c credentials, options *adapters.Options) (adapters.Source, error)
}

var providers = []provider{
	{
		name:     "eika",
		required: []string{"signingCert", "signingKey"},
		optional: []string{"psuId", "psuCorporateId", "tppSessionId", "tppRedirectUri", "keyIdCA"},
		pem:      []string{"signingCert", "signingKey"},
		open:     openEika,
	},
	{
		name:     "mypos",
		required: []string{"accessToken", "apiKey", "consentId"},
		open:     openMyPOS,
	},
	{
		name:     "neonomics",
		required: []string{"accessToken", "sessionId", "deviceId"},
		optional: []string{"scope", "psuId", "psuIdPlain", "psuIdKey"},
		open:     openNeonomics,
	},
	{
		name: "onesingleview",
		required: []string{
			"clientId", "clientCode", "signatureKey", "accessToken", "merchantId", "bankCode", "consentId",
		},
		open: openOneSingleView,
	},
	{
		name:     "tokenio",
		required: []string{"onBehalfOf"},
		oneOf:    []string{"accessToken", "apiKey"},
		open:     openTokenIO,
	},
}

func findProvider(name string) (provider, bool) {
	i := slices.IndexFunc(providers, func(p provider) bool { return p.name == name })
	if i < 0 {
		return provider{}, false
	}
	return providers[i], true
}

func providerNames() []string {
	var names []string
	for _, p := range providers {
		names = append(names, p.name)
	}
	return names
}

// names returns every credential that the provider takes.
func (p provider) names() []string { return slices.Concat(p.required, p.oneOf, p.optional) }

func openEika(c credentials, options *adapters.Options) (adapters.Source, error) {
	certificate, err := parseCertificate("signingCert", c["signingCert"])
	if err != nil {
		return nil, err
	}
	key, err := parseKey("signingKey", c["signingKey"])
	if err != nil {
		return nil, err
	}
	return eika.New(eika.Credentials{
		Certificate: certificate, Key: key, KeyIDCA: string(c["keyIdCA"]),
		PSUID: c["psuId"], PSUCorporateID: c["psuCorporateId"],
		TPPSessionID: c["tppSessionId"], TPPRedirectURI: c["tppRedirectUri"],
	}, options)
}

func openMyPOS(c credentials, options *adapters.Options) (adapters.Source, error) {
	return mypos.New(mypos.Credentials{
		AccessToken: c["accessToken"], APIKey: c["apiKey"], ConsentID: c["consentId"],
	}, options)
}

func openNeonomics(c credentials, options *adapters.Options) (adapters.Source, error) {
	return neonomics.New(neonomics.Credentials{
		AccessToken: c["accessToken"], SessionID: c["sessionId"], DeviceID: c["deviceId"],
		Scope: string(c["scope"]), PSUID: c["psuId"], PSUIDPlain: c["psuIdPlain"], PSUIDKey: c["psuIdKey"],
	}, options)
}

func openOneSingleView(c credentials, options *adapters.Options) (adapters.Source, error) {
	return onesingleview.New(onesingleview.Credentials{
		ClientID: c["clientId"], ClientCode: c["clientCode"], SignatureKey: c["signatureKey"],
		AccessToken: c["accessToken"], MerchantID: c["merchantId"], BankCode: c["bankCode"], ConsentID: c["consentId"],
	}, options)
}

func openTokenIO(c credentials, options *adapters.Options) (adapters.Source, error) {
	return tokenio.New(tokenio.Credentials{
		OnBehalfOf: c["onBehalfOf"], AccessToken: c["accessToken"], APIKey: c["apiKey"],
	}, options)
}
