//go:build !linux

package vfs

// useLargePages does nothing: other systems choose by themselves.
func useLargePages([]byte) {}
