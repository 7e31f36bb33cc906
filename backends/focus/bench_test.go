package focus

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const million = 1_000_000

// wideHeader is what a cloud delivers: the columns of FOCUS and some of its own.
const wideHeader = "AvailabilityZone,BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,BillingPeriodEnd,BillingPeriodStart," +
	"ChargeCategory,ChargeClass,ChargeDescription,ChargeFrequency,ChargePeriodEnd,ChargePeriodStart,CommitmentDiscountCategory," +
	"CommitmentDiscountId,ConsumedQuantity,ConsumedUnit,ContractedCost,ContractedUnitPrice,EffectiveCost,InvoiceIssuerName,ListCost," +
	"ListUnitPrice,PricingCategory,PricingQuantity,PricingUnit,ProviderName,PublisherName,RegionId,RegionName,ResourceId,ResourceName," +
	"ResourceType,ServiceCategory,ServiceName,SkuId,SkuMeter,SkuPriceId,SubAccountId,SubAccountName,Tags,x_Operation,x_UsageType\n"

// writeMillion makes a month of a cloud's export: 30 days of hours, 20 models, four kinds, twelve accounts.
func writeMillion(tb testing.TB, path string) {
	tb.Helper()
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	_, _ = w.WriteString(wideHeader)
	meters := []string{"Input Tokens", "Output Tokens", "Cache Read Input Tokens", "Cache Write Input Tokens 5m"}
	begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var tail [4][20][]byte
	for k := range tail {
		for m := range tail[k] {
			tail[k][m] = []byte(fmt.Sprintf(",USD,2026-12-01T00:00:00Z,2026-11-01T00:00:00Z,Usage,,\"%s, model-%02d\",Usage-Based,", meters[k], m))
		}
	}
	b := make([]byte, 0, 1024)
	for i := range million {
		hour := begin.Add(time.Duration(i/1400) * time.Hour)
		k, m, account := i%4, i/4%20, i/80%12
		b = append(b[:0], "use1-az1,0.00"...)
		b = strconv.AppendInt(b, int64(100000+i%89999), 10)
		b = append(b, ",123456789012,Example"...)
		b = append(b, tail[k][m]...)
		b = hour.Add(time.Hour).AppendFormat(b, time.RFC3339)
		b = append(b, ',')
		b = hour.AppendFormat(b, time.RFC3339)
		b = append(b, ",,,"...)
		b = strconv.AppendInt(b, int64(1000+i%77777), 10)
		b = append(b, ",Tokens,0.0012,0.000003,0.0012,Amazon Web Services,0.0013,0.000003,Standard,12.5,1K Tokens,AWS,AWS,us-east-1,US East,"...)
		b = fmt.Appendf(b, "arn:aws:bedrock:us-east-1:%012d:inference-profile/us.model-%02d,,inference-profile,AI and Machine Learning,Amazon Bedrock,SKU%02d%d,%s,SKU%02d%d.P1,%012d,team-%d,",
			account, m, m, k, meters[k], m, k, account, account)
		b = append(b, `"{""env"": ""prod"", ""team"": ""search""}",InvokeModel,USE1-tokens`...)
		b = append(b, '\n')
		_, _ = w.Write(b)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkMillionRows reads a file of a million rows, and tells the most memory that the process ever held.
func BenchmarkMillionRows(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "month.csv")
	writeMillion(b, path)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	old := contract.Start().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		p, err := contract.Open(b, Connector(), fleet.SourceSpec{File: dir}, fleet.NewVirtualClock(contract.Start())).Read(b.Context())
		if err != nil || p.Bill.Files[0].Rows != million || !p.Bill.Files[0].Why.IsEmpty() {
			b.Fatalf("%+v, %v", p.Bill.Files, err)
		}
	}
	b.ReportMetric(peakMB(b), "peak-MB")
}

// peakMB is the most resident memory that this process had.
func peakMB(tb testing.TB) float64 {
	tb.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			if err != nil {
				tb.Fatal(err)
			}
			return kb / 1024
		}
	}
	return 0
}
