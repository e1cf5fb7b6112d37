package outside_test

import (
	"fmt"

	"github.com/openbalances/openbalances/adapters/use/printable"
)

// What a provider or a customer has written is shown as it is, and can neither steer a terminal nor become a formula.
func Example_printable() {
	const name = "=1+1 \x1b[31mred"
	fmt.Println(printable.Text(name))
	fmt.Println(printable.Cell(name))
	// Output:
	// =1+1 \u{1b}[31mred
	// \u{3d}1+1 \u{1b}[31mred
}
