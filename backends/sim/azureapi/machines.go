package azureapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/account"
)

// What the account rents: one size, on demand. A page of machines is small, so that a small fleet has two.
const (
	size         = "Standard_ND96isr_H100_v5"
	pageMachines = 1
)

// machinePrice is what one costs in an hour.
var machinePrice = decimal.RequireFromString("98.32")

// machines lists the machines, or only how they stand.
func (s *Server) machines(w http.ResponseWriter, r *http.Request) {
	all := s.truth.Machines
	first, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken"))
	last := min(max(first, 0)+pageMachines, len(all))
	list := []object{}
	for _, m := range all[min(max(first, 0), last):last] {
		list = append(list, machine(m, r.URL.Query().Get("statusOnly") == "true"))
	}
	body := object{"value": list}
	if last < len(all) {
		body["nextLink"] = link(r, "$skiptoken", last)
	}
	answer(w, body)
}

func machine(m account.Machine, standing bool) object {
	p := object{"vmId": m.ID, "provisioningState": "Succeeded", "timeCreated": "2026-09-01T08:00:00.0000000+00:00"}
	out := object{"id": scope + "/resourceGroups/GPU/providers/Microsoft.Compute/virtualMachines/" + m.Name, "name": m.Name,
		"type": "Microsoft.Compute/virtualMachines", "location": location, "zones": []string{"1"}, "properties": p}
	if standing {
		agent := object{"code": "ProvisioningState/succeeded", "displayStatus": "Ready"}
		if m.Ready != nil && !m.Ready() {
			agent = object{"code": "ProvisioningState/Unavailable", "displayStatus": "Not Ready"}
		}
		power := object{"code": "PowerState/running", "level": "Info", "displayStatus": "VM running"}
		if _, gone := m.Leaves(); gone { // an eviction is announced to the machine itself only
			power = object{"code": "PowerState/deallocated", "level": "Info", "displayStatus": "VM deallocated"}
		}
		p["instanceView"] = object{"statuses": []object{{"code": "ProvisioningState/succeeded", "level": "Info"}, power}, "vmAgent": object{"statuses": []object{agent}}}
		return out
	}
	p["hardwareProfile"] = object{"vmSize": size}
	p["osProfile"] = object{"computerName": m.Name, "adminUsername": "ops"}
	p["storageProfile"] = object{"osDisk": object{"osType": "Linux"}}
	return out
}

func (s *Server) scaleSets(w http.ResponseWriter, _ *http.Request) {
	answer(w, object{"value": []object{}})
}

// retail lists prices of everybody.
func (s *Server) retail(w http.ResponseWriter, r *http.Request) {
	filter := r.URL.Query().Get("$filter")
	list := []object{}
	for _, x := range []struct{ sku, product, price string }{
		{"ND96isr H100 v5 Spot", "Virtual Machines NDsrH100v5 Series", "29.496"},
		{"ND96isr H100 v5 Low Priority", "Virtual Machines NDsrH100v5 Series", "39.328"},
		{"ND96isr H100 v5", "Virtual Machines NDsrH100v5 Series Windows", "102.736"},
		{"ND96isr H100 v5", "Virtual Machines NDsrH100v5 Series", machinePrice.String()},
	} {
		if !strings.Contains(filter, "armRegionName eq '"+location+"'") || !strings.Contains(filter, "armSkuName eq '"+size+"'") {
			continue
		}
		price := decimal.RequireFromString(x.price).InexactFloat64()
		list = append(list, object{"currencyCode": "USD", "tierMinimumUnits": 0.0, "retailPrice": price, "unitPrice": price,
			"armRegionName": location, "location": "US East", "effectiveStartDate": "2026-09-01T00:00:00Z", "meterName": x.sku,
			"productName": x.product, "skuName": x.sku, "serviceName": "Virtual Machines", "unitOfMeasure": "1 Hour", "type": "Consumption",
			"isPrimaryMeterRegion": true, "armSkuName": size})
	}
	answer(w, object{"BillingCurrency": "USD", "CustomerEntityId": "Default", "CustomerEntityType": "Retail", "Items": list,
		"NextPageLink": nil, "Count": len(list)})
}
