# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small, plausible organization and tenant: what ``make demo`` and the documentation's examples run against."""

from __future__ import annotations

from .server import Cloud

API_KEY = "demo-key"
ORGANIZATION = "2930418"
#: A second one behind the same key, for what concerns several.
OTHER_ORGANIZATION = "2930419"
ESET_USER = "api@example.com"
ESET_PASSWORD = "demo-password"


def seed_demo(cloud: Cloud) -> None:
    """Fill an empty mock server."""
    meraki = cloud.meraki
    meraki.add_key(API_KEY)
    meraki.add_organization(ORGANIZATION, "Example Health")
    meraki.add_network(ORGANIZATION, "N_24329157", "Corp SM", product_types=["systemsManager"])
    for number, city in enumerate(("Berlin", "Hamburg", "Munich")):
        network = f"N_2432916{number}"
        meraki.add_network(ORGANIZATION, network, f"Branch {city}", tags=["branch", city.lower()])
        # Group policies belong to one network: the same name has another id in each.
        for place, name in enumerate(("Guest", "Staff", "Quarantine")):
            meraki.add_group_policy(network, f"{number + 1}0{place}", name)
        meraki.add_sentry(
            network,
            [
                {"smNetworkId": "N_24329157", "scope": "all", "tags": [], "groupPolicyId": f"{number + 1}00"},
                {"smNetworkId": "N_24329157", "scope": "withAll", "tags": ["compliant", "staff"], "groupPolicyId": f"{number + 1}01"},
            ],
        )
    west = meraki.add_group(ORGANIZATION, "Westcoast")
    meraki.add_group(ORGANIZATION, "Clinics")
    for number, name in enumerate(("Jira", "Intranet", "Lab Results")):
        meraki.add_application(
            ORGANIZATION,
            name=name,
            description=f"{name} for everybody",
            destinations=[
                {
                    "destinationAddr": [f"172.16.0.{number + 1}/32"],
                    "protocolPorts": [{"protocol": "TCP", "ports": "443"}],
                    "accessType": "browser",
                }
            ],
            appProtocol="https",
            applicationGroupIds=[west],
        )
    cloud.eset.add_user(ESET_USER, ESET_PASSWORD)
    cloud.eset.seed_demo()
    _seed_other(cloud)


def _seed_other(cloud: Cloud) -> None:
    """The second organization, with one branch that has the same needs, and an MSP's customers. Comes last, so that no id of the first
    depends on it."""
    meraki = cloud.meraki
    meraki.add_organization(OTHER_ORGANIZATION, "Example Clinics")
    meraki.add_network(OTHER_ORGANIZATION, "N_24329257", "Clinics SM", product_types=["systemsManager"])
    meraki.add_network(OTHER_ORGANIZATION, "N_24329260", "Clinic Cologne", tags=["branch", "cologne"])
    for place, name in enumerate(("Guest", "Staff", "Quarantine")):
        meraki.add_group_policy("N_24329260", f"40{place}", name)
    meraki.add_sentry("N_24329260", [{"smNetworkId": "N_24329257", "scope": "all", "tags": [], "groupPolicyId": "400"}])
    customers = cloud.eset.add_group("Customers", uuid="7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0101", entity="MSP")
    for number, name in enumerate(("Example Dental", "Example Optics"), start=2):
        cloud.eset.add_group(name, customers, uuid=f"7f1d0c52-0a31-4a66-9d1c-0e6a4f1b010{number}", entity="COMPANY")
    portals = meraki.add_group(OTHER_ORGANIZATION, "Portals")
    meraki.add_application(
        OTHER_ORGANIZATION,
        name="Patient Portal",
        description="Appointments and findings",
        destinations=[
            {
                "destinationAddr": ["172.17.0.1/32"],
                "protocolPorts": [{"protocol": "TCP", "ports": "443"}],
                "accessType": "browser",
            }
        ],
        appProtocol="https",
        applicationGroupIds=[portals],
    )
