package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// unsynced is how many pages of a file the kernel still has to put on the disk (cachestat, Linux 6.5).
func unsynced(f *os.File) (uint64, error) {
	var pages unix.Cachestat_t
	if err := unix.Cachestat(uint(f.Fd()), &unix.CachestatRange{}, &pages, 0); err != nil {
		return 0, err
	}
	return pages.Dirty + pages.Writeback, nil
}
