package configuration

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"

	"github.com/tidwall/sjson"
)

// editing lets the edits of a process follow each other.
var editing sync.Mutex

// Edit changes the entry of a name in the configuration at path: change gets the entry as it is in the file, and what it has
// changed of it is written. Every other byte of the file is kept. Where there is no such entry, change gets one with nothing
// but the name, and it is added; a file and a folder that are not there are made. An error of change is returned as it is,
// and nothing is written; by then it is known that the file can be.
//
// The file is replaced in one step, by one that only its owner can read (mode 0600); a symbolic link stays. Edits of a
// process follow each other; of two processes that edit one file at the same moment, the later one wins.
func Edit(path, name string, change func(*Entry) error) error {
	editing.Lock()
	defer editing.Unlock()
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	data := []byte("{\"connections\": []}\n")
	if _, err := os.Stat(path); err == nil {
		if data, err = readFile(path, maxConfiguration); err != nil {
			return whole(path + ": " + err.Error())
		}
	}
	read, err := parse(data, filepath.Dir(path), nil)
	if err != nil {
		return err
	}
	entry := Entry{Name: name}
	index := slices.IndexFunc(read.Connections, func(e Entry) bool { return e.Name == name })
	if index >= 0 {
		entry = read.Connections[index]
	}
	before, err := members(entry)
	if err != nil {
		return err
	}
	file, err := replacement(path)
	if err != nil {
		return err
	}
	defer func() { _, _ = file.Close(), os.Remove(file.Name()) }()
	if err := change(&entry); err != nil {
		return err
	}
	changed, err := rewrite(data, index, before, entry)
	if err != nil {
		return fmt.Errorf("config: %s: %w", path, err)
	}
	if _, err := parse(changed, "", nil); err != nil {
		return fmt.Errorf("config: %s: the change is no configuration: %w", path, err)
	}
	_, err = file.Write(changed)
	if errors.Join(err, file.Sync(), file.Close()) != nil || os.Rename(file.Name(), path) != nil {
		return whole(path + ": it cannot be written")
	}
	return nil
}

// replacement is a new file beside the one at a path, in a folder that is made if it is not there.
func replacement(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, whole(path + ": its folder cannot be made")
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".openbalances-*") // mode 0600
	if err != nil {
		return nil, whole(path + ": its folder cannot be written")
	}
	return file, nil
}

func rewrite(data []byte, index int, before map[string]json.RawMessage, entry Entry) ([]byte, error) {
	if index < 0 {
		text, err := json.MarshalIndent(plain(entry), "    ", "  ")
		if err != nil {
			return nil, err
		}
		return sjson.SetRawBytes(data, "connections.-1", append([]byte("\n    "), text...))
	}
	after, err := members(entry)
	if err != nil {
		return nil, err
	}
	return rewriteMembers(data, fmt.Sprintf("connections.%d.", index), before, after)
}

// plain is an entry that encoders show.
type plain Entry

// members are those of an entry as JSON.
func members(entry Entry) (all map[string]json.RawMessage, err error) {
	text, err := json.Marshal(plain(entry))
	if err != nil {
		return nil, errors.New("the session is no JSON")
	}
	return all, json.Unmarshal(text, &all)
}

var special = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// rewriteMembers changes what differs among the members at a place, those of objects one by one.
func rewriteMembers(data []byte, place string, before, after map[string]json.RawMessage) (_ []byte, err error) {
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		is, kept := after[name]
		path := place + special.ReplaceAllString(name, `\$0`)
		var old, fresh map[string]json.RawMessage
		switch {
		case !kept:
			data, err = sjson.DeleteBytes(data, path)
		case bytes.Equal(before[name], is):
		case json.Unmarshal(before[name], &old) == nil && json.Unmarshal(is, &fresh) == nil && old != nil && fresh != nil:
			data, err = rewriteMembers(data, path+".", old, fresh)
		default:
			data, err = sjson.SetRawBytes(data, path, is)
		}
		if err != nil {
			return nil, err
		}
	}
	return data, nil
}
