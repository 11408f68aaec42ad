package extent

import (
	"errors"
)

// Verify reads the whole extent and checks all that reads rely on: its header,
// its block table, every block's checksum, and that the records in them are
// those that the header speaks of. Nothing of it is taken from or left in the
// Store's cache, and with StoreOptions.Direct nothing in the system's.
//
// After each read of a block it calls pause with the number of bytes, holding
// nothing but the open file. An error of pause ends it and is returned.
//
// Damage gives a *storage.CorruptError, as with Read.
func (s *Store) Verify(m Meta, pause func(bytes int) error) (err error) {
	f, err := s.open(m)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.files.release(f)) }()
	size, err := f.Size()
	if err != nil {
		return err
	}
	var found error
	in := &inspector{
		file: f, name: f.name, deep: true, pause: pause, size: size, number: m.File,
		visit: func(_ Meta, problem error) bool { found = problem; return true },
	}
	if err := in.extent(m); err != nil {
		return err
	}
	if errors.Is(found, ErrPunched) {
		return s.corrupt(m, m.Pos, ErrPunched.Error())
	}
	return found
}
