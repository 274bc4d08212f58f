// Parses exported scripts in the JavaScript engine that k6 has, and runs them as far as k6 runs them before its first user: to the
// end of their module. k6's own modules are stand-ins that take what they are given.
package main

import (
	"fmt"
	"os"

	"github.com/grafana/sobek"
)

var modules = map[string]string{
	"k6":            `export const check = () => true;`,
	"k6/http":       `export default {};`,
	"k6/execution":  `export default {};`,
	"k6/encoding":   `export default {};`,
	"k6/data":       `export function SharedArray(name, make) { return make(); }`,
	"k6/metrics":    `class Metric { constructor(name) { if (!/^[a-zA-Z_][a-zA-Z0-9_]{1,127}$/.test(name)) throw new Error(name); } add() {} } export const Counter = Metric; export const Rate = Metric; export const Trend = Metric;`,
	"k6/websockets": `export class WebSocket {}`,
	"k6/timers":     `export const setTimeout = () => 0; export const clearTimeout = () => null;`,
}

func main() {
	failed := false
	for _, path := range os.Args[1:] {
		users, err := initialise(path)
		if err != nil {
			failed = true
			fmt.Printf("%s: %v\n", path, err)
			continue
		}
		fmt.Printf("%s: %s\n", path, users)
	}
	if failed {
		os.Exit(1)
	}
}

func initialise(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	known := map[string]sobek.ModuleRecord{}
	var resolve sobek.HostResolveImportedModuleFunc
	resolve = func(_ interface{}, name string) (sobek.ModuleRecord, error) {
		if module, ok := known[name]; ok {
			return module, nil
		}
		source, ok := modules[name]
		if !ok {
			return nil, fmt.Errorf("k6 has no module %s", name)
		}
		module, err := sobek.ParseModule(name, source, resolve)
		known[name] = module
		return module, err
	}
	module, err := sobek.ParseModule(path, string(text), resolve)
	if err != nil {
		return "", err
	}
	runtime := sobek.New()
	environment := map[string]string{}
	for _, pair := range os.Environ() {
		for at := 0; at < len(pair); at++ {
			if pair[at] == '=' {
				environment[pair[:at]] = pair[at+1:]
				break
			}
		}
	}
	_ = runtime.Set("__ENV", environment)
	_ = runtime.Set("open", func(string) string { return "email,name\na@b.c,A\n" })
	if err := module.Link(); err != nil {
		return "", err
	}
	promise := module.Evaluate(runtime)
	if promise.State() != sobek.PromiseStateFulfilled {
		return "", fmt.Errorf("%v", promise.Result())
	}
	options := runtime.GetModuleInstance(module).GetBindingValue("options")
	user := runtime.GetModuleInstance(module).GetBindingValue("user")
	if _, ok := sobek.AssertFunction(user); !ok {
		return "", fmt.Errorf("it exports no function user")
	}
	names := options.ToObject(runtime).Get("scenarios").ToObject(runtime).Keys()
	return fmt.Sprint(names), nil
}
