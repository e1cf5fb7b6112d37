// Package configuration opens the connections that the JSON configuration of the command openbalances names, so that any
// other program works from the same file.
//
//	configured, err := configuration.Read("", nil) // OPENBALANCES_CONFIG, or the usual place
//	if err != nil {
//		log.Fatal(err)
//	}
//	connections, err := configured.Open() // nothing is sent
//	if err != nil {
//		log.Print(err) // every problem by its entry and field; the other connections are open
//	}
//	for _, c := range connections {
//		accounts, err := c.Source.Accounts(ctx, c.PSU)
//		...
//	}
//
// "openbalances schema config" prints the JSON Schema of the file, and [Providers] lists which credentials each provider
// takes. A credential is the value itself, env:NAME, or file:PATH as seen from the configuration's folder; a certificate or
// key is PEM text or the path of a PEM file. Unknown and repeated names are refused, and so is a file of more than 64 MiB
// or of more than a million elements.
//
// # What a connection has
//
// [Connection] holds the [adapters.Source], the PSU and the accounts that the entry names, and what the packages beside this
// one ask for: Host for package collect, Consent for accessguard.New. No call is counted before a guard is put around the
// source; a program that shares the allowance of a bank with the command uses its store:
//
//	store := accessguard.File(configuration.StatePath(nil, "access.json"))
//	guarded, err := accessguard.New(c.Source, c.Consent, store, nil)
//
// # Problems
//
// What is wrong with a configuration is an [*Error] that lists every problem. It names entries, members and variables, and
// shows no other configured value.
//
// # Changes
//
// [Edit] changes entries and keeps every other byte of the file. An entry with "fleet": true is kept current by another
// program; "openbalances get" and "openbalances accounts" do not ask for it.
package configuration
