package kinesis

// pageSize returns how many entries a page has: what was asked for, and neither
// more than the operation's maximum nor without a wish anything else.
func pageSize(asked *int32, most int) int {
	if asked == nil {
		return most
	}
	return max(1, min(int(*asked), most))
}
