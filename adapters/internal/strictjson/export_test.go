package strictjson

// Read reads plain documents only.
func Read(data []byte, target any) bool { return read(data, target) }

// UnmarshalSlowly is [Unmarshal] with json v2 for all documents.
func UnmarshalSlowly(data []byte, target any) error {
	return unmarshal(data, target, options, hideNames)
}
