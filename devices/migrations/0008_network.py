import ipaddress

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def carry_over(apps, schema_editor):
    """The address that stood with each device goes into the ledger: one subnet a /24 (or /64) of its hall.

    Devices of one hall that shared an address cannot all keep it: the first has it, the others are named in its note.
    """
    Address, Device, Subnet = (apps.get_model("devices", name) for name in ("Address", "Device", "Subnet"))
    subnets, taken = {}, {}
    for device in Device.objects.filter(ip__isnull=False).order_by("hall_id", "code"):
        address = ipaddress.ip_address(device.ip)
        network = ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 64}", strict=False)
        place = (device.hall_id, str(network))
        if place not in subnets:
            subnets[place] = Subnet.objects.create(
                hall_id=device.hall_id,
                name=str(network.network_address),
                cidr=str(network),
                family=address.version,
                first=f"{int(network.network_address):032x}",
                last=f"{int(network.broadcast_address):032x}",
            )
        key = (subnets[place].pk, f"{int(address):032x}")
        if key in taken:
            row = taken[key]
            row.note = f"{row.note} {device.code}".strip()[:200]
            row.save(update_fields=["note"])
        else:
            taken[key] = Address.objects.create(
                subnet=subnets[place],
                key=key[1],
                address=str(address),
                status="in_use",
                device_id=device.pk,
                mac=device.mac,
                unit_id=device.unit_id,
            )


class Migration(migrations.Migration):

    dependencies = [
        ("devices", "0007_places"),
        ("parties", "0006_session"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Address',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=32)),
                ('address', models.CharField(max_length=45, verbose_name='Address')),
                ('status', models.CharField(choices=[('free', 'Free'), ('in_use', 'In use'), ('reserved', 'Reserved'), ('stopped', 'Out of use')], default='in_use', max_length=10, verbose_name='Status')),
                ('mac', models.CharField(blank=True, max_length=17, verbose_name='MAC address')),
                ('person', models.CharField(blank=True, max_length=40, verbose_name='User')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='Note')),
                ('version', models.PositiveIntegerField(default=1)),
                ('updated_at', models.DateTimeField(blank=True, null=True)),
                ('device', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='addresses', to='devices.device')),
                ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.unit')),
            ],
            options={
                'ordering': ['key'],
            },
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('cable', 'Network cable'), ('fibre', 'Optical fibre'), ('wireless', 'Wireless'), ('av', 'Audio or video'), ('telephone', 'Telephone line')], default='cable', max_length=10, verbose_name='Kind')),
                ('label', models.CharField(blank=True, max_length=40, verbose_name='Cable label')),
                ('metres', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='Length (m)')),
                ('vlans', models.CharField(blank=True, max_length=60, verbose_name='VLANs')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='Note')),
                ('version', models.PositiveIntegerField(default=1)),
                ('updated_at', models.DateTimeField(blank=True, null=True)),
                ('hall', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='parties.hall')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Subnet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='Name')),
                ('cidr', models.CharField(max_length=50, verbose_name='Range (CIDR)')),
                ('family', models.PositiveSmallIntegerField(verbose_name='IP version')),
                ('first', models.CharField(max_length=32)),
                ('last', models.CharField(max_length=32)),
                ('vlan', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='VLAN')),
                ('gateway', models.CharField(blank=True, max_length=45, verbose_name='Gateway')),
                ('dns', models.CharField(blank=True, max_length=200, verbose_name='DNS')),
                ('purpose', models.CharField(blank=True, max_length=120, verbose_name='Purpose')),
                ('reserved', models.JSONField(blank=True, default=list, verbose_name='Reserved ranges')),
                ('is_active', models.BooleanField(default=True, verbose_name='In use')),
                ('version', models.PositiveIntegerField(default=1)),
                ('updated_at', models.DateTimeField(blank=True, null=True)),
                ('hall', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subnets', to='parties.hall')),
            ],
            options={
                'ordering': ['family', 'first'],
            },
        ),
        migrations.CreateModel(
            name='Registration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='Number')),
                ('status', models.CharField(choices=[('requested', 'Requested'), ('approved', 'Approved'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn'), ('expired', 'Expired'), ('revoked', 'Revoked')], default='requested', max_length=10, verbose_name='Status')),
                ('applicant', models.CharField(max_length=40, verbose_name='Applicant')),
                ('foreign_device', models.CharField(blank=True, max_length=120, verbose_name='Other device')),
                ('mac', models.CharField(max_length=17, verbose_name='MAC address')),
                ('purpose', models.CharField(max_length=200, verbose_name='Purpose')),
                ('promised', models.BooleanField(default=False, verbose_name='Security promise')),
                ('valid_to', models.DateField(verbose_name='Valid to')),
                ('requested_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decision', models.CharField(blank=True, max_length=200, verbose_name='Reason of the decision')),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_reason', models.CharField(blank=True, max_length=200)),
                ('version', models.PositiveIntegerField(default=1)),
                ('updated_at', models.DateTimeField(blank=True, null=True)),
                ('address', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='registrations', to='devices.address')),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.contract')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('device', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='registrations', to='devices.device')),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.unit')),
                ('subnet', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='registrations', to='devices.subnet')),
            ],
            options={
                'ordering': ['-requested_at', '-id'],
            },
        ),
        migrations.AddField(
            model_name='address',
            name='subnet',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='addresses', to='devices.subnet'),
        ),
        migrations.CreateModel(
            name='DrawnLayer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('layer', models.PositiveSmallIntegerField(choices=[(0, 'Core layer'), (1, 'Distribution layer'), (2, 'Access layer'), (3, 'Endpoint')], verbose_name='Layer')),
                ('device', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='drawn_layer', to='devices.device')),
            ],
        ),
        migrations.CreateModel(
            name='TopologyVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='Version')),
                ('at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='Note')),
                ('devices', models.JSONField(blank=True, default=list)),
                ('links', models.JSONField(blank=True, default=list)),
                ('svg', models.TextField()),
                ('svg_sha256', models.CharField(max_length=64)),
                ('pdf', models.BinaryField()),
                ('pdf_sha256', models.CharField(max_length=64)),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hall', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='topologies', to='parties.hall')),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='Extension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=12, verbose_name='Extension')),
                ('user', models.CharField(blank=True, max_length=40, verbose_name='User')),
                ('status', models.CharField(choices=[('in_use', 'In use'), ('free', 'Free'), ('stopped', 'Out of use'), ('faulty', 'Faulty')], default='in_use', max_length=10, verbose_name='Status')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='Note')),
                ('version', models.PositiveIntegerField(default=1)),
                ('updated_at', models.DateTimeField(blank=True, null=True)),
                ('device', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='extensions', to='devices.device')),
                ('hall', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='extensions', to='parties.hall')),
                ('place', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='devices.place')),
                ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.unit')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [models.UniqueConstraint(fields=('hall', 'number'), name='extension_once'), models.CheckConstraint(condition=models.Q(('status__in', ['in_use', 'free', 'stopped', 'faulty'])), name='extension_status_known')],
            },
        ),
        migrations.CreateModel(
            name='Port',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=30, verbose_name='Port')),
                ('side', models.CharField(blank=True, choices=[('a', 'A'), ('b', 'B')], max_length=1)),
                ('note', models.CharField(blank=True, max_length=120, verbose_name='Note')),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ports', to='devices.device')),
                ('link', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ports', to='devices.link')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('device', 'name'), name='port_once'), models.UniqueConstraint(fields=('link', 'side'), name='port_side_once'), models.UniqueConstraint(fields=('link', 'device'), name='port_no_loop'), models.CheckConstraint(condition=models.Q(models.Q(('link__isnull', True), ('side', '')), models.Q(('link__isnull', False), ('side__in', ['a', 'b'])), _connector='OR'), name='port_side_with_link')],
            },
        ),
        migrations.AddConstraint(
            model_name='subnet',
            constraint=models.UniqueConstraint(fields=('hall', 'cidr'), name='subnet_once'),
        ),
        migrations.AddConstraint(
            model_name='subnet',
            constraint=models.CheckConstraint(condition=models.Q(('family__in', [4, 6])), name='subnet_family_known'),
        ),
        migrations.AddConstraint(
            model_name='subnet',
            constraint=models.CheckConstraint(condition=models.Q(('first__lte', models.F('last'))), name='subnet_span_forward'),
        ),
        migrations.AddConstraint(
            model_name='subnet',
            constraint=models.CheckConstraint(condition=models.Q(('vlan__isnull', True), models.Q(('vlan__gte', 1), ('vlan__lte', 4094)), _connector='OR'), name='subnet_vlan_known'),
        ),
        migrations.AddIndex(
            model_name='registration',
            index=models.Index(fields=['contract', '-requested_at'], name='registration_newest'),
        ),
        migrations.AddIndex(
            model_name='registration',
            index=models.Index(fields=['status', 'valid_to'], name='registration_expiry'),
        ),
        migrations.AddConstraint(
            model_name='registration',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['requested', 'approved', 'refused', 'withdrawn', 'expired', 'revoked'])), name='registration_status_known'),
        ),
        migrations.AddConstraint(
            model_name='registration',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'approved'), _negated=True), models.Q(('address__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='registration_approved_has_address'),
        ),
        migrations.AddConstraint(
            model_name='registration',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('requested_by')), _negated=True), _connector='OR'), name='registration_two_people'),
        ),
        migrations.AddConstraint(
            model_name='registration',
            constraint=models.CheckConstraint(condition=models.Q(('promised', True)), name='registration_promised'),
        ),
        migrations.AddIndex(
            model_name='address',
            index=models.Index(fields=['mac'], name='address_by_mac'),
        ),
        migrations.AddConstraint(
            model_name='address',
            constraint=models.UniqueConstraint(fields=('subnet', 'key'), name='address_once'),
        ),
        migrations.AddConstraint(
            model_name='address',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['free', 'in_use', 'reserved', 'stopped'])), name='address_status_known'),
        ),
        migrations.AddConstraint(
            model_name='address',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'free'), _negated=True), models.Q(('device__isnull', True), ('mac', '')), _connector='OR'), name='address_free_is_nobodys'),
        ),
        migrations.AddConstraint(
            model_name='topologyversion',
            constraint=models.UniqueConstraint(fields=('hall', 'number'), name='topology_number_once'),
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='device',
            name='ip',
        ),
    ]
