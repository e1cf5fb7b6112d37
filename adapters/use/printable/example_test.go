package printable_test

import (
	"encoding/json"
	"fmt"

	"github.com/openbalances/openbalances/adapters/use/printable"
)

func Example() {
	const name = "=SUM(1)\x1b[2J <Shop> 日本"
	document, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		panic(err)
	}
	fmt.Println(printable.Text(name))
	fmt.Println(printable.Cell(name))
	fmt.Println(printable.JSON(document))
	fmt.Println(printable.Shorten(name, 12), printable.Width("日本"))
	// Output:
	// =SUM(1)\u{1b}[2J <Shop> 日本
	// \u{3d}SUM(1)\u{1b}[2J <Shop> 日本
	// {"name":"=SUM(1)\u001b[2J <Shop> 日本"}
	// =SUM(…> 日本 4
}
