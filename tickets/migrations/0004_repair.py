import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0012_checks'),
        ('parties', '0006_session'),
        ('sla', '0002_exemptions_and_sub_clocks'),
        ('tickets', '0003_states'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='NoSpare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(choices=[('none_left', 'No spare of this kind is left'), ('none_kept', 'No spare of this kind is kept'), ('vendor', 'The vendor brings one'), ('not_needed', 'The user needs none'), ('soon', 'It will be repaired at once'), ('other', 'Another reason')], max_length=12, verbose_name='Reason')),
                ('note', models.CharField(max_length=200, verbose_name='What was agreed with the user instead')),
                ('at', models.DateTimeField()),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='no_spares', to='tickets.ticket')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='TicketLoan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('linked_at', models.DateTimeField()),
                ('linked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('loan', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='ticket_loan', to='devices.loan')),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ticket_loans', to='tickets.ticket')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Dispatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('called', 'Called'), ('arrived', 'Vendor is here'), ('done', 'Done'), ('failed', 'Did not come, or not solved')], default='called', max_length=8, verbose_name='Status')),
                ('version', models.PositiveIntegerField(default=1)),
                ('called_at', models.DateTimeField(verbose_name='Called at')),
                ('how', models.CharField(choices=[('phone', 'Telephone'), ('in_person', 'In person'), ('chat', 'Chat group'), ('mail', 'Mail'), ('hotline', "Vendor's hotline")], max_length=10, verbose_name='How they were called')),
                ('spoke_with', models.CharField(blank=True, max_length=40, verbose_name='Spoke with')),
                ('due_at', models.DateTimeField(verbose_name='Due to arrive by')),
                ('arrived_at', models.DateTimeField(blank=True, null=True, verbose_name='Arrived at')),
                ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='Finished at')),
                ('failed_at', models.DateTimeField(blank=True, null=True)),
                ('vendor_engineer', models.CharField(blank=True, max_length=40, verbose_name="Vendor's engineer")),
                ('task', models.CharField(max_length=300, verbose_name='What the vendor is to do')),
                ('result', models.CharField(blank=True, max_length=500, verbose_name='What the vendor did')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='Note')),
                ('clock', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.clock')),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dispatches', to='parties.contract')),
                ('supervisor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dispatches_watched', to=settings.AUTH_USER_MODEL)),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dispatches', to='tickets.ticket')),
                ('vendor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dispatches', to='parties.vendor')),
            ],
            options={
                'ordering': ['-called_at', '-id'],
                'indexes': [models.Index(fields=['contract', 'vendor', '-called_at'], name='dispatch_by_vendor'), models.Index(fields=['contract', 'status', 'due_at'], name='dispatch_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status__in', ('called', 'arrived'))), fields=('ticket', 'vendor'), name='dispatch_open_once'), models.CheckConstraint(condition=models.Q(('status__in', ['called', 'arrived', 'done', 'failed'])), name='dispatch_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'done'), _negated=True), models.Q(('arrived_at__isnull', False), ('done_at__isnull', False), models.Q(('result', ''), _negated=True)), _connector='OR'), name='dispatch_done_has_result'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'arrived'), _negated=True), ('arrived_at__isnull', False), _connector='OR'), name='dispatch_arrived_has_instant'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failed_at__isnull', False), models.Q(('note', ''), _negated=True)), _connector='OR'), name='dispatch_failed_says_why'), models.CheckConstraint(condition=models.Q(('arrived_at', None), ('arrived_at__gte', models.F('called_at')), _connector='OR'), name='dispatch_arrived_after_call')],
            },
        ),
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(verbose_name='Version')),
                ('status', models.CharField(choices=[('drafted', 'Being written'), ('submitted', 'With the manager'), ('in_force', 'In force'), ('replaced', 'Replaced')], default='drafted', max_length=10, verbose_name='Status')),
                ('version', models.PositiveIntegerField(default=1)),
                ('cause', models.CharField(blank=True, max_length=1000, verbose_name='Cause')),
                ('solution', models.TextField(blank=True, max_length=2000, verbose_name='Solution')),
                ('estimate_at', models.DateTimeField(blank=True, null=True, verbose_name='Expected to be repaired by')),
                ('security', models.CharField(blank=True, max_length=500, verbose_name='Security')),
                ('reliability', models.CharField(blank=True, max_length=500, verbose_name='Reliability')),
                ('fallback', models.CharField(blank=True, max_length=500, verbose_name='Fallback')),
                ('at', models.DateTimeField(verbose_name='Written at')),
                ('submitted_at', models.DateTimeField(blank=True, null=True)),
                ('returned_because', models.CharField(blank=True, max_length=300, verbose_name='Why it came back')),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('told_at', models.DateTimeField(blank=True, null=True, verbose_name='Client told at')),
                ('told_to', models.CharField(blank=True, max_length=40, verbose_name='Told to')),
                ('told_how', models.CharField(blank=True, choices=[('phone', 'Telephone'), ('in_person', 'In person'), ('chat', 'Chat group'), ('mail', 'Mail'), ('hotline', "Vendor's hotline")], max_length=10, verbose_name='Told by')),
                ('replaced_at', models.DateTimeField(blank=True, null=True)),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='tickets.ticket')),
            ],
            options={
                'ordering': ['ticket', '-number'],
                'constraints': [models.UniqueConstraint(fields=('ticket', 'number'), name='plan_number_once'), models.UniqueConstraint(condition=models.Q(('status__in', ['drafted', 'submitted'])), fields=('ticket',), name='plan_one_being_written'), models.UniqueConstraint(condition=models.Q(('status', 'in_force')), fields=('ticket',), name='plan_one_in_force'), models.CheckConstraint(condition=models.Q(('status__in', ['drafted', 'submitted', 'in_force', 'replaced'])), name='plan_status_known'), models.CheckConstraint(condition=models.Q(('status', 'drafted'), models.Q(models.Q(('cause', ''), _negated=True), models.Q(('solution', ''), _negated=True), models.Q(('security', ''), _negated=True), models.Q(('reliability', ''), _negated=True), models.Q(('fallback', ''), _negated=True), ('estimate_at__isnull', False)), _connector='OR'), name='plan_thought_through'), models.CheckConstraint(condition=models.Q(('status__in', ['drafted', 'submitted']), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), ('told_at__isnull', False), models.Q(('told_to', ''), _negated=True)), _connector='OR'), name='plan_in_force_was_told')],
            },
        ),
        migrations.CreateModel(
            name='TicketPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='Part')),
                ('unit', models.CharField(default='个', max_length=8, verbose_name='Counted in')),
                ('quantity', models.PositiveIntegerField(verbose_name='Quantity')),
                ('cost_bearer', models.CharField(choices=[('client', 'Client'), ('contractor', 'Contractor'), ('warranty', 'Vendor under warranty'), ('open', 'Not yet settled')], max_length=10, verbose_name='Paid by')),
                ('used_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('undone_because', models.CharField(blank=True, max_length=200, verbose_name='Why it was taken back')),
                ('movement', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ticket_part', to='devices.stockmovement')),
                ('part', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='devices.sparepart')),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='tickets.ticket')),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('used_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='ticket_part_quantity'), models.CheckConstraint(condition=models.Q(models.Q(('movement', None), ('part', None)), models.Q(('movement__isnull', False), ('part__isnull', False)), _connector='OR'), name='ticket_part_from_store_has_movement'), models.CheckConstraint(condition=models.Q(('undone_at', None), models.Q(('undone_because', ''), _negated=True), _connector='OR'), name='ticket_part_undone_says_why')],
            },
        ),
    ]
