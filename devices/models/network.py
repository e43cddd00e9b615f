"""What connects the devices: subnets and their addresses, registrations, telephone extensions, ports and links, drawn topologies.

An address's place in the numeric order is kept as 32 hexadecimal digits (`key`), so that both databases sort and compare
addresses of both versions of the protocol alike, and a subnet is the span between two keys.
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from devices.states import AddressStatus, ExtensionStatus, RegistrationStatus

KEY_LENGTH = 32


class Subnet(models.Model):
    """A range of addresses of a hall. `reserved` holds spans that are never given out by themselves: [{first, last, note}]."""

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="subnets")
    name = models.CharField(_("Name"), max_length=60)
    cidr = models.CharField(_("Range (CIDR)"), max_length=50)
    family = models.PositiveSmallIntegerField(_("IP version"))
    first = models.CharField(max_length=KEY_LENGTH)
    last = models.CharField(max_length=KEY_LENGTH)
    vlan = models.PositiveSmallIntegerField("VLAN", null=True, blank=True)
    gateway = models.CharField(_("Gateway"), max_length=45, blank=True)
    dns = models.CharField("DNS", max_length=200, blank=True)
    purpose = models.CharField(_("Purpose"), max_length=120, blank=True)
    reserved = models.JSONField(_("Reserved ranges"), default=list, blank=True)
    is_active = models.BooleanField(_("In use"), default=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["family", "first"]
        constraints = [
            models.UniqueConstraint(fields=["hall", "cidr"], name="subnet_once"),
            models.CheckConstraint(condition=models.Q(family__in=[4, 6]), name="subnet_family_known"),
            models.CheckConstraint(condition=models.Q(first__lte=models.F("last")), name="subnet_span_forward"),
            models.CheckConstraint(
                condition=models.Q(vlan__isnull=True) | models.Q(vlan__gte=1, vlan__lte=4094), name="subnet_vlan_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.cidr}"


class Address(models.Model):
    """One address that is, or was, used. What has no row is free; a row that became free again keeps its history."""

    subnet = models.ForeignKey(Subnet, on_delete=models.PROTECT, related_name="addresses")
    key = models.CharField(max_length=KEY_LENGTH)
    address = models.CharField(_("Address"), max_length=45)
    status = models.CharField(_("Status"), max_length=10, choices=AddressStatus, default=AddressStatus.IN_USE)
    device = models.ForeignKey(
        "devices.Device", on_delete=models.PROTECT, null=True, blank=True, related_name="addresses"
    )
    mac = models.CharField(_("MAC address"), max_length=17, blank=True)
    unit = models.ForeignKey("parties.Unit", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    person = models.CharField(_("User"), max_length=40, blank=True)
    note = models.CharField(_("Note"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["subnet", "key"], name="address_once"),
            models.CheckConstraint(condition=models.Q(status__in=AddressStatus.values), name="address_status_known"),
            models.CheckConstraint(
                condition=~models.Q(status=AddressStatus.FREE) | models.Q(device__isnull=True, mac=""),
                name="address_free_is_nobodys",
            ),
        ]
        indexes = [models.Index(fields=["mac"], name="address_by_mac")]

    def __str__(self) -> str:
        return self.address


class Registration(models.Model):
    """A request to connect something to the network (入网登记), and what was decided on it."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(_("Number"), max_length=40, unique=True)
    status = models.CharField(
        _("Status"), max_length=10, choices=RegistrationStatus, default=RegistrationStatus.REQUESTED
    )
    applicant = models.CharField(_("Applicant"), max_length=40)
    unit = models.ForeignKey("parties.Unit", on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(
        "devices.Device", on_delete=models.PROTECT, null=True, blank=True, related_name="registrations"
    )
    foreign_device = models.CharField(_("Other device"), max_length=120, blank=True)
    mac = models.CharField(_("MAC address"), max_length=17)
    purpose = models.CharField(_("Purpose"), max_length=200)
    promised = models.BooleanField(_("Security promise"), default=False)
    valid_to = models.DateField(_("Valid to"))
    subnet = models.ForeignKey(Subnet, on_delete=models.PROTECT, related_name="registrations")
    address = models.ForeignKey(Address, on_delete=models.PROTECT, null=True, blank=True, related_name="registrations")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(_("Reason of the decision"), max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=RegistrationStatus.values), name="registration_status_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(status=RegistrationStatus.APPROVED)
                | models.Q(address__isnull=False, decided_by__isnull=False),
                name="registration_approved_has_address",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True) | ~models.Q(decided_by=models.F("requested_by")),
                name="registration_two_people",
            ),
            models.CheckConstraint(condition=models.Q(promised=True), name="registration_promised"),
        ]
        indexes = [
            models.Index(fields=["contract", "-requested_at"], name="registration_newest"),
            models.Index(fields=["status", "valid_to"], name="registration_expiry"),
        ]

    def __str__(self) -> str:
        return self.code


class Extension(models.Model):
    """An internal telephone number of the hall. Nobody's mobile number is kept here."""

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="extensions")
    number = models.CharField(_("Extension"), max_length=12)
    place = models.ForeignKey("devices.Place", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    unit = models.ForeignKey("parties.Unit", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    user = models.CharField(_("User"), max_length=40, blank=True)
    device = models.ForeignKey(
        "devices.Device", on_delete=models.PROTECT, null=True, blank=True, related_name="extensions"
    )
    status = models.CharField(_("Status"), max_length=10, choices=ExtensionStatus, default=ExtensionStatus.IN_USE)
    note = models.CharField(_("Note"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["hall", "number"], name="extension_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=ExtensionStatus.values), name="extension_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Link(models.Model):
    """A connection between two ports of two devices."""

    class Kind(models.TextChoices):
        CABLE = "cable", _("Network cable")
        FIBRE = "fibre", _("Optical fibre")
        WIRELESS = "wireless", _("Wireless")
        AUDIO_VIDEO = "av", _("Audio or video")
        TELEPHONE = "telephone", _("Telephone line")

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="links")
    kind = models.CharField(_("Kind"), max_length=10, choices=Kind, default=Kind.CABLE)
    label = models.CharField(_("Cable label"), max_length=40, blank=True)
    metres = models.PositiveSmallIntegerField(_("Length (m)"), null=True, blank=True)
    vlans = models.CharField(_("VLANs"), max_length=60, blank=True)
    note = models.CharField(_("Note"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.label or f"{self.get_kind_display()} {self.pk}"


class Port(models.Model):
    """A socket of a device by its name; `link` says what is plugged in, so that nothing is plugged in twice."""

    class Side(models.TextChoices):
        A = "a", "A"
        B = "b", "B"

    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="ports")
    name = models.CharField(_("Port"), max_length=30)
    link = models.ForeignKey(Link, on_delete=models.PROTECT, null=True, blank=True, related_name="ports")
    side = models.CharField(max_length=1, choices=Side, blank=True)
    note = models.CharField(_("Note"), max_length=120, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["device", "name"], name="port_once"),
            models.UniqueConstraint(fields=["link", "side"], name="port_side_once"),
            models.UniqueConstraint(fields=["link", "device"], name="port_no_loop"),
            models.CheckConstraint(
                condition=models.Q(link__isnull=True, side="") | models.Q(link__isnull=False, side__in=["a", "b"]),
                name="port_side_with_link",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device.code} {self.name}"


class DrawnLayer(models.Model):
    """Where a device stands in the drawing when its distance from the core does not say it."""

    class Layer(models.IntegerChoices):
        CORE = 0, _("Core layer")
        DISTRIBUTION = 1, _("Distribution layer")
        ACCESS = 2, _("Access layer")
        ENDPOINT = 3, _("Endpoint")

    device = models.OneToOneField("devices.Device", on_delete=models.PROTECT, related_name="drawn_layer")
    layer = models.PositiveSmallIntegerField(_("Layer"), choices=Layer)

    def __str__(self) -> str:
        return f"{self.device.code} {self.get_layer_display()}"


class TopologyVersion(models.Model):
    """The hall's connections as they were drawn at an instant; never changed afterwards."""

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="topologies")
    number = models.PositiveIntegerField(_("Version"))
    at = models.DateTimeField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(_("Note"), max_length=200, blank=True)
    devices = models.JSONField(default=list, blank=True)
    """[{code, name, category, place, status}] of the devices drawn."""
    links = models.JSONField(default=list, blank=True)
    """[{a, a_port, b, b_port, kind, label, vlans}] by the devices' codes."""
    svg = models.TextField()
    svg_sha256 = models.CharField(max_length=64)
    pdf = models.BinaryField()
    pdf_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["hall", "number"], name="topology_number_once")]

    def __str__(self) -> str:
        return f"V{self.number}"
