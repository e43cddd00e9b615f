import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

PROMISES = [{'kind': 'callback',
  'target_kind': 'working_days',
  'target_amount': 1,
  'pausable': False,
  'promisor': 'contractor',
  'assessed': False,
  'clauses': ['五.2(2)', '五.2(7)'],
  'basis': '不满意评价必回访，合同未定时限：评价次日起1个工作日内，受理日不计',
  'ladder': [{'name': 'reminder',
              'on_day': 1,
              'time': '09:00',
              'to': ['assignee', 'manager'],
              'urgent': False},
             {'name': 'urgent', 'on_day': 1, 'time': '16:00', 'to': ['assignee', 'manager'], 'urgent': True},
             {'name': 'breach', 'breach': True, 'to': ['assignee', 'manager'], 'urgent': True}]},
 {'kind': 'rectification',
  'target_kind': 'working_days',
  'target_amount': 15,
  'pausable': False,
  'promisor': 'contractor',
  'assessed': False,
  'clauses': ['五.2(2)', '五.2(7)'],
  'basis': '不满意评价的整改，合同未定时限：15个工作日内落实措施，受理日不计，须由人结案',
  'ladder': [{'name': 'ahead', 'before_days': 3, 'to': ['assignee'], 'urgent': False},
             {'name': 'manager', 'before_days': 1, 'to': ['assignee', 'manager'], 'urgent': False},
             {'name': 'breach', 'breach': True, 'to': ['assignee', 'manager'], 'urgent': True}]}]
"""What contracts that are in the database already have not been given: without a promise no clock can start."""


def give_promises(apps, schema_editor):
    Contract = apps.get_model("parties", "Contract")
    Policy = apps.get_model("sla", "Policy")
    for contract in Contract.objects.filter(pk__in=Policy.objects.values("contract")):
        for row in PROMISES:
            if not Policy.objects.filter(contract=contract, kind=row["kind"]).exists():
                Policy.objects.create(contract=contract, version=1, effective_from=contract.starts_on, **row)


class Migration(migrations.Migration):

    dependencies = [
        ('parties', '0006_session'),
        ('sla', '0002_exemptions_and_sub_clocks'),
        ('tickets', '0007_talk'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='Follow-up number')),
                ('status', models.CharField(choices=[('open', 'To be called back'), ('called_back', 'Called back'), ('closed', 'Case closed')], default='open', max_length=12, verbose_name='Status')),
                ('version', models.PositiveIntegerField(default=1)),
                ('is_demo', models.BooleanField(default=False)),
                ('opened_at', models.DateTimeField(verbose_name='Opened at')),
                ('called_back_at', models.DateTimeField(blank=True, null=True, verbose_name='Called back at')),
                ('called_whom', models.CharField(blank=True, max_length=40, verbose_name='Spoke with')),
                ('called_how', models.CharField(blank=True, choices=[('phone', 'Telephone'), ('in_person', 'In person'), ('chat', 'Chat group'), ('remote', 'Remote session')], max_length=10, verbose_name='Contact by')),
                ('said', models.CharField(blank=True, max_length=1000, verbose_name='What was said')),
                ('measures', models.CharField(blank=True, max_length=1000, verbose_name='Measures')),
                ('measures_done_at', models.DateTimeField(blank=True, null=True, verbose_name='Measures done at')),
                ('asked_at', models.DateTimeField(blank=True, null=True, verbose_name='Asked to rate again at')),
                ('again_level', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='Second rating')),
                ('again_comment', models.CharField(blank=True, max_length=500, verbose_name='Comment')),
                ('again_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='Closed at')),
                ('conclusion', models.CharField(blank=True, max_length=500, verbose_name='Conclusion')),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='follow_ups', to=settings.AUTH_USER_MODEL)),
                ('callback_clock', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.clock')),
                ('called_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='follow_ups', to='parties.contract')),
                ('measures_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('measures_clock', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.clock')),
                ('rating', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='follow_up', to='tickets.rating')),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='follow_ups', to='tickets.ticket')),
            ],
            options={
                'ordering': ['-opened_at', '-id'],
                'indexes': [models.Index(fields=['contract', 'status', '-opened_at'], name='follow_up_by_status')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['open', 'called_back', 'closed'])), name='follow_up_status_known'), models.CheckConstraint(condition=models.Q(('status', 'open'), models.Q(('called_back_at__isnull', False), ('called_by__isnull', False), models.Q(('called_whom', ''), _negated=True), models.Q(('said', ''), _negated=True)), _connector='OR'), name='follow_up_call_is_whole'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'closed'), _negated=True), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), ('measures_done_at__isnull', False)), _connector='OR'), name='follow_up_closed_by_a_person'), models.CheckConstraint(condition=models.Q(('again_level__isnull', True), models.Q(('again_at__isnull', False), ('again_level__range', (1, 5)), ('asked_at__isnull', False)), _connector='OR'), name='follow_up_again_was_asked')],
            },
        ),
        migrations.CreateModel(
            name='Repeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('suspected', 'Suspected'), ('confirmed', 'Confirmed'), ('refuted', 'Another cause')], default='suspected', max_length=10, verbose_name='Status')),
                ('found_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('earlier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='repeated_by', to='tickets.ticket')),
                ('ticket', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='repeat', to='tickets.ticket')),
            ],
            options={
                'ordering': ['-found_at', '-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['suspected', 'confirmed', 'refuted'])), name='repeat_status_known'), models.CheckConstraint(condition=models.Q(('ticket', models.F('earlier')), _negated=True), name='repeat_of_another_ticket'), models.CheckConstraint(condition=models.Q(('status', 'suspected'), ('settled_at__isnull', False), _connector='OR'), name='repeat_settled_has_instant')],
            },
        ),
        migrations.RunPython(give_promises, migrations.RunPython.noop, elidable=True),
    ]
