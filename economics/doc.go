// Package economics is pure money: what tokens and GPU-hours cost. It reads no clock, file or network; the price
// catalogue is compiled in and dated.
package economics
