// Package fleet keeps the balances of any number of connections current in a database, by itself, on one machine or on many.
package fleet
