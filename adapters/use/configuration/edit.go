package configuration

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
)

// editing lets the edits of a process follow each other.
var editing sync.Mutex

// Edit changes the entries of these names in the configuration at path, in one pass: change gets each entry as it is in the
// file, in the order of the names, and what it has changed of it is written. Every other byte of the file is kept. Where there
// is no such entry, change gets one with nothing but the name, and it is added; a file and a folder that are not there are
// made. An error of change is returned as it is, and nothing is written; by then it is known that the file can be. Without
// names nothing is done.
//
// The file is replaced in one step, by one that only its owner can read (mode 0600); a symbolic link stays. Edits of a
// process follow each other; of two processes that edit one file at the same moment, the later one wins.
func Edit(path string, names []string, change func(*Entry) error) error {
	if len(names) == 0 {
		return nil
	}
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
	edits := editsOf(read.Connections, names)
	for i := range edits {
		if edits[i].before, err = members(edits[i].entry); err != nil {
			return err
		}
	}
	file, err := replacement(path)
	if err != nil {
		return err
	}
	defer func() { _, _ = file.Close(), os.Remove(file.Name()) }()
	for i := range edits {
		if err := change(&edits[i].entry); err != nil {
			return err
		}
	}
	changed, err := rewrite(data, edits)
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

// edit is what becomes of one entry.
type edit struct {
	index  int // in the file; -1: it is not there
	entry  Entry
	before map[string]json.RawMessage
}

// editsOf has one edit for each name. Of entries with the same name it takes the first.
func editsOf(entries []Entry, names []string) (edits []edit) {
	places := make(map[string]int, len(entries))
	for i, e := range slices.Backward(entries) {
		places[e.Name] = i
	}
	done := map[string]bool{}
	for _, name := range names {
		if done[name] {
			continue
		}
		done[name] = true
		if i, found := places[name]; found {
			edits = append(edits, edit{index: i, entry: entries[i]})
		} else {
			edits = append(edits, edit{index: -1, entry: Entry{Name: name}})
		}
	}
	return edits
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

// rewrite writes the entries that are in the file each in its place, and the others at the end.
func rewrite(data []byte, edits []edit) ([]byte, error) {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(uint(a.index), uint(b.index)) }) // -1 is the last one
	places := gjson.GetBytes(data, "connections").Array()
	var all []byte
	kept := 0 // how much of data has been taken over
	for len(edits) > 0 && edits[0].index >= 0 {
		e, is := edits[0], places[edits[0].index]
		after, err := members(e.entry)
		if err != nil {
			return nil, err
		}
		text, err := rewriteMembers([]byte(is.Raw), "", e.before, after)
		if err != nil {
			return nil, err
		}
		all = append(append(all, data[kept:is.Index]...), text...)
		edits, kept = edits[1:], is.Index+len(is.Raw)
	}
	all = append(all, data[kept:]...)
	for _, e := range edits {
		text, err := json.MarshalIndent(plain(e.entry), "    ", "  ")
		if err != nil {
			return nil, err
		}
		if all, err = sjson.SetRawBytes(all, "connections.-1", append([]byte("\n    "), text...)); err != nil {
			return nil, err
		}
	}
	return all, nil
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
